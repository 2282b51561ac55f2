using AttentionCluster.Core.Api;

namespace AttentionCluster.Cli.Attend;

/// <summary>The report of a job for people.</summary>
internal static class ReportText
{
    /// <summary>One fact a line; the first word is the fact's name in the JSON report, or close to it.</summary>
    public static IEnumerable<string> Lines(JobReport report)
    {
        PhaseSeconds seconds = report.Seconds;
        yield return Line("state", $"{report.State.ToString().ToLowerInvariant()}");
        yield return Line("seconds", $"{seconds.Total:0.00} in all: {seconds.Queued:0.00} queued, {seconds.Load:0.00} load, "
            + $"{seconds.Compute:0.00} compute, {seconds.Merge:0.00} merge");
        yield return Line("speed", $"{report.Gflops:0.0} GFLOP/s, {report.IdealFraction:0.0 %} of ideal");
        yield return Line("tiles", $"{report.TilesComputed} computed, {report.TilesSkipped} skipped ({SkippedShare(report):0.0 %})");
        yield return Line("tasks", $"{report.Tasks}, {report.Retries} retries");
        foreach (LostWorker lost in report.WorkersLost)
            yield return Line("lost", $"{lost.Name}, noticed at {lost.NoticedSeconds:0.0} s; {lost.RecomputedTasks} tasks computed again");
        foreach (JoinedWorker joined in report.WorkersJoined)
            yield return Line("joined", $"{joined.Name}, at {joined.JoinedSeconds:0.0} s");
        yield return Line("kernel", $"{report.Kernel}; threads {report.Threads}, nodes {report.Workers.Count}");
        if (report.Bits.Length > 0)
            yield return Line("bits", $"{report.Bits}");
        yield return Line("plan", $"{report.KeysPerSegment} keys a segment, {report.RowsPerBlock} rows a block");
        if (report.OutputSha256 is { } output)
            yield return Line("output sha256", $"{output}");
        if (report.LseSha256 is { } lse)
            yield return Line("lse sha256", $"{lse}");
        if (report.Verify is { } verification)
            yield return VerificationLine(verification);
        foreach (string warning in report.Warnings)
            yield return Line("warning", $"{warning}");
    }

    /// <summary><c>verify ok</c> or <c>verify FAILED</c>, and the errors.</summary>
    public static string VerificationLine(Verification verification) => Line(
        verification.Ok ? "verify ok" : "verify FAILED",
        $"{verification.Rows} rows in float64: worst error {verification.MaxRelError:0.00e+0} of a bound of {verification.Bound:0.00e+0} "
            + $"(absolute {verification.MaxAbsError:0.00e+0}){Place(verification)}{NoCheck(verification)}");

    /// <summary>A line of the report.</summary>
    public static string Line(string name, string value) =>
        $"{name,-14} {value}";

    /// <summary>A report that came as JSON does not have it.</summary>
    private static string Place(Verification verification) => verification.WorstRow.Length == 0 ? "" : $" at {verification.WorstRow}";

    private static string NoCheck(Verification verification) => verification.WhyNoCheck is null ? ""
        : $", which is no check: {verification.WhyNoCheck}";

    private static double SkippedShare(JobReport report) =>
        report.TilesSkipped == 0 ? 0 : (double)report.TilesSkipped / (report.TilesComputed + report.TilesSkipped);
}
