using System.Globalization;
using AttentionCluster.Cli.Attend;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Cli.Jobs;

/// <summary>A job of a server for people.</summary>
internal static class JobText
{
    /// <summary>Over the columns of <see cref="Row"/>.</summary>
    public static string[] Header => ["job", "state", "done", "created"];

    /// <summary>A line of the list.</summary>
    public static string[] Row(JobDocument job) => [job.Id, State(job), Done(job), Created(job)];

    /// <summary>All about one: its report, when it has one.</summary>
    public static IEnumerable<string> Lines(JobDocument job)
    {
        yield return ReportText.Line("job", $"{job.Id}");
        yield return ReportText.Line("created", $"{Created(job)}");
        if (job.Report is null)
        {
            yield return ReportText.Line("state", $"{State(job)}");
            yield return ReportText.Line("done", $"{Done(job)}, {job.Progress.TasksDone} of {job.Progress.Tasks} tasks");
        }

        if (job.Error is { } error)
            yield return ReportText.Line("error", $"{error.Message} ({error.Code})");
        foreach (string line in job.Report is { } report ? ReportText.Lines(report) : [])
            yield return line;
    }

    private static string State(JobDocument job)
    {
        string state = job.State.ToString().ToLowerInvariant();
        return job is { State: JobState.Queued, Position: { } position } ? $"{state} ({position})" : state;
    }

    private static string Done(JobDocument job) =>
        (job.Progress.Flops == 0 ? 0 : job.Progress.FlopsDone / job.Progress.Flops).ToString("0 %", CultureInfo.InvariantCulture);

    private static string Created(JobDocument job) => job.Created.UtcDateTime.ToString("u", CultureInfo.InvariantCulture);
}
