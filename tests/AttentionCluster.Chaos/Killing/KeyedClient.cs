using System.Globalization;
using System.Net;
using System.Text.Json;
using AttentionCluster.Chaos.Jobs;

namespace AttentionCluster.Chaos.Killing;

/// <summary>
/// A client that sends one job after the other, each with a key of its own, and holds the gateways to every word that they say.
/// </summary>
internal sealed class KeyedClient(int number, IEnumerable<PlannedSubmission> plan, WorkFiles files, IReadOnlyList<Uri> gateways,
    Action<string> problem) : IDisposable
{
    /// <summary>A job counts as about to complete from so much progress on.</summary>
    private const double CompletionFrom = 0.7;

    private static readonly TimeSpan s_callPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_transferPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(25);

    private readonly GatewayCalls _calls = new(gateways);
    private readonly GatewayCalls _others = new([.. gateways.Reverse()]);
    private readonly List<(string Id, JobWork Work)> _kept = [];
    private string _standing = "nothing sent yet";

    /// <summary>What it is doing; null between two jobs.</summary>
    public KillMoment? Doing { get; private set; }

    /// <summary>The gateway that it asked last.</summary>
    public Uri? Asked => _calls.Asked;

    /// <summary>How often a job of it has been accepted, has ended, or has gone.</summary>
    public int Steps => Accepted + Right + Removed;

    /// <summary>Jobs that were accepted.</summary>
    public int Accepted { get; private set; }

    /// <summary>Jobs that ended well and whose bits were right.</summary>
    public int Right { get; private set; }

    /// <summary>Jobs that were cancelled, or removed, and that no gateway knows any more.</summary>
    public int Removed { get; private set; }

    /// <summary>Requests that were sent once more with the same key.</summary>
    public int Repeated { get; private set; }

    /// <summary>Jobs that are still there.</summary>
    public IEnumerable<string> Kept => _kept.Select(job => job.Id);

    /// <summary>Where it is, for people.</summary>
    public string Standing => string.Create(CultureInfo.InvariantCulture, $"client {number}: {_standing}");

    /// <summary>Sends jobs until it is told to send no more.</summary>
    public async Task RunAsync(CancellationToken noMore, CancellationToken cancellationToken)
    {
        foreach (PlannedSubmission job in plan.TakeWhile(_ => !noMore.IsCancellationRequested))
            await RunAsync(job, cancellationToken);
        Doing = null;
    }

    /// <summary>Looks once more at the jobs that were kept: what succeeded stays so.</summary>
    public async Task CompareKeptAsync(CancellationToken cancellationToken)
    {
        foreach ((string id, JobWork work) in _kept)
            await CompareAsync(id, work, cancellationToken);
    }

    public void Dispose()
    {
        _calls.Dispose();
        _others.Dispose();
    }

    private async Task RunAsync(PlannedSubmission job, CancellationToken cancellationToken)
    {
        var submission = new JobSubmission(job.Work, files, Guid.NewGuid().ToString("N"));
        (Doing, _standing) = (KillMoment.Upload, $"sends {job.Work.Name}");
        Task<string>? second = job.IsSentTwice ? submission.SendAsync(_others, cancellationToken) : null;
        string id = await submission.SendAsync(_calls, cancellationToken);
        if (second is not null)
            IsSame(id, await second, "sent to both gateways at once");
        Accepted++;
        (Doing, _standing) = (KillMoment.Computing, $"waits for {id}");
        if (job.CancelledAfterMs is { } delay)
        {
            await Task.Delay(delay, cancellationToken);
            await RemoveAsync(id, cancellationToken);
            return;
        }

        await CompareAsync(id, job.Work, cancellationToken);
        if (job.IsRepeated)
            IsSame(id, await submission.SendAsync(_calls, cancellationToken), "sent again after its end");
        Right++;
        if (job.IsKept)
            _kept.Add((id, job.Work));
        else
            await RemoveAsync(id, cancellationToken);
    }

    private void IsSame(string id, string other, string what)
    {
        Repeated++;
        if (id != other)
            problem($"one key, two jobs: {id} and {other}, {what}");
    }

    private async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        (Doing, _standing) = (KillMoment.Removal, $"removes {id}");
        await JobRemoval.GoneAsync(_calls, id, cancellationToken);
        Removed++;
    }

    /// <summary>Waits for the end of a job, and compares what it says of itself and what its file holds with an undisturbed run.</summary>
    private async Task CompareAsync(string id, JobWork work, CancellationToken cancellationToken)
    {
        JsonElement ended = (
            await _calls.UntilAsync(() => new HttpRequestMessage(HttpMethod.Get, $"/v1/jobs/{id}"), EndAsync, s_callPatience,
            cancellationToken)).RootElement;
        if (ended.TryGetProperty("code", out JsonElement unknown))
        {
            problem($"{id} was accepted, and now a gateway says {unknown.GetString()}");
            return;
        }

        if (ended.GetProperty("state").GetString() is not "succeeded" and { } state)
        {
            problem($"{id} {state}: {ended.GetProperty("error")}");
            return;
        }

        ResultHashes expected = files.Expected(work);
        if (ResultHashes.OfReport(ended.GetProperty("report")) is var reported && reported != expected)
            problem($"{id}: WRONG BITS in the report: {reported} instead of {expected}");
        string path = files.NewResultPath();
        await _calls.UntilAsync(() => new HttpRequestMessage(HttpMethod.Get, $"/v1/jobs/{id}/result"), (answer, limit) =>
            ResultDownload.SaveAsync(answer, path, limit), s_transferPatience, cancellationToken);
        if (ResultHashes.OfFile(path) is var found && found != expected)
            problem($"{id}: WRONG BITS in the result: {found} instead of {expected}");
        File.Delete(path);
    }

    /// <summary>The job's last word, or a gateway's that it is unknown.</summary>
    private async Task<JsonDocument?> EndAsync(HttpResponseMessage answer, CancellationTokenSource limit)
    {
        if (!answer.IsSuccessStatusCode && answer.StatusCode != HttpStatusCode.NotFound)
            return null;
        JsonDocument job = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(limit.Token));
        if (answer.StatusCode == HttpStatusCode.NotFound || job.RootElement.GetProperty("state").GetString() is "succeeded" or "failed"
            or "cancelled")
            return job;
        JsonElement progress = job.RootElement.GetProperty("progress");
        if (progress.GetProperty("flops_done").GetDouble() > CompletionFrom * progress.GetProperty("flops").GetDouble())
            Doing = KillMoment.Completion;
        job.Dispose();
        await Task.Delay(s_pollInterval, limit.Token);
        return null;
    }
}
