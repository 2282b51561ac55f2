namespace AttentionCluster.Chaos.Killing;

/// <summary>One kill of a gateway, before it happens.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Moment">What some client must be doing.</param>
/// <param name="Target">Which gateway.</param>
/// <param name="DelayMs">How long after a client was seen doing that.</param>
/// <param name="DownSeconds">How long until it is started again.</param>
/// <param name="DiskFullSeconds">How long the disk is full, from before the kill; null when it is not.</param>
internal sealed record PlannedKill(int Number, KillMoment Moment, KillTarget Target, int DelayMs, double DownSeconds,
    double? DiskFullSeconds)
{
    /// <summary>The kill as a person would say it.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"kill {Number}: {TargetText} {DelayMs} ms into {Words(Moment)}, down for {DownSeconds:0.0} s{(DiskFullSeconds is { } full ? FormattableString.Invariant($", disk full for {full:0.0} s") : "")}");

    /// <summary>A moment in words.</summary>
    public static string Words(KillMoment moment) => moment switch
    {
        KillMoment.Upload => "an upload",
        KillMoment.Computing => "computing",
        KillMoment.Completion => "a completion",
        _ => "a removal",
    };

    private string TargetText => Target switch
    {
        KillTarget.Asked => "the gateway that is asked",
        KillTarget.Other => "the other gateway",
        _ => "both gateways",
    };
}
