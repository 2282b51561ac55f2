using System.Globalization;

namespace AttentionCluster.Chaos.Planning;

/// <summary>One thing that goes wrong, or changes.</summary>
/// <param name="At">How far the first job is when it happens, from 0 to 1.</param>
/// <param name="Kind">What.</param>
/// <param name="Node">To whom; all workers for <see cref="FaultKind.KillWorkers"/>.</param>
/// <param name="Seconds">How long it lasts, then it is undone; null when it is not, or has nothing to undo.</param>
internal sealed record PlannedFault(double At, FaultKind Kind, string Node, double? Seconds)
{
    /// <summary>The fault as a person would say it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"at {At,4:0 %}  {What()}");

    private string What() => Kind switch
    {
        FaultKind.Kill when Seconds is null => $"kill {Node}, for good",
        FaultKind.Kill or FaultKind.KillWorkers => Say($"kill {Node}, start it again after"),
        FaultKind.Stop => Say($"stop {Node}, continue it after"),
        FaultKind.Partition => Say($"cut {Node} off, heal it after"),
        FaultKind.Delay => Say($"make all that {Node} sends and gets late, heal it after"),
        FaultKind.Cut => $"reset all connections of {Node}",
        FaultKind.Join => $"{Node} joins",
        _ => $"drain {Node}",
    };

    private string Say(string what) => string.Create(CultureInfo.InvariantCulture, $"{what} {Seconds:0.0} s");
}
