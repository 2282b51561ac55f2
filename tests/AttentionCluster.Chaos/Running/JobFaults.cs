using AttentionCluster.Chaos.Fleets;
using AttentionCluster.Chaos.Jobs;
using AttentionCluster.Chaos.Planning;

namespace AttentionCluster.Chaos.Running;

/// <summary>What is done to jobs, not to nodes: it goes on by itself, and ends with the jobs.</summary>
/// <param name="fleet">Where the jobs' files are.</param>
/// <param name="jobs">The jobs of the run, in the plan's order.</param>
/// <param name="storm">Sends small jobs and removes them.</param>
/// <param name="note">Told what happens.</param>
/// <param name="over">Gives up.</param>
internal sealed class JobFaults(Fleet fleet, IReadOnlyList<IRunningJob> jobs, RemovalStorm storm, Action<string> note,
    CancellationToken over)
{
    /// <summary>What is left of an input, in parts of it.</summary>
    private const double Left = 0.5;

    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(5);

    private Task _removals = Task.CompletedTask;
    private Task _truncation = Task.CompletedTask;

    /// <summary>Sends dozens of jobs, and removes them together.</summary>
    public void StartRemovals() => _removals = storm.RunAsync(over);

    /// <summary>Cuts the input of a job short as soon as that computes.</summary>
    /// <param name="job">Its name in the plan.</param>
    public void TruncateSoon(string job) =>
        _truncation = TruncateAsync((HttpJob)jobs[Enumerable.Range(1, jobs.Count).First(number => NodeNames.Job(number) == job) - 1]);

    /// <summary>Ends when nothing of it goes on.</summary>
    /// <returns>What is wrong with its end; empty when nothing is.</returns>
    public async Task<IReadOnlyList<string>> EndAsync()
    {
        await _truncation.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await _removals;
            return [];
        }
        catch (OperationCanceledException)
        {
            return [$"NOT REMOVED in time: {storm.Standing}"];
        }
        catch (InvalidOperationException problem)
        {
            return [$"one of many small jobs: {problem.Message}"];
        }
    }

    private async Task TruncateAsync(HttpJob job)
    {
        while (job.TasksDone == 0 && !job.HasEnded)
            await Task.Delay(s_pollInterval, over);
        var input = new FileInfo(Path.Combine(fleet.Disk.Data, "jobs", job.Id!, "input.safetensors"));
        if (job.HasEnded || !input.Exists)
            return;
        note($"{job.Id} computes: its input is truncated");
        using FileStream file = input.Open(FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        file.SetLength((long)(Left * file.Length));
    }
}
