using System.Globalization;

namespace AttentionCluster.Chaos.Planning;

/// <summary>One thing that goes wrong, or changes.</summary>
/// <param name="At">How far the first job is when it happens, from 0 to 1.</param>
/// <param name="Kind">What.</param>
/// <param name="Node">To whom, or to what: see <see cref="NodeNames"/>.</param>
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
        FaultKind.FullDisk => Say($"fill {Node}, free it after"),
        FaultKind.Descriptors => Say($"let {Node} open nothing more, restore its limit after"),
        FaultKind.Truncate => $"truncate the input of {Node}",
        FaultKind.Removals => $"send {Node}, and remove all of them together",
        FaultKind.SlowClients => Say($"slow and silent clients connect to {Node}, and go after"),
        FaultKind.OtherSecret => Say($"{Node}, a worker with another secret, joins, and goes after"),
        FaultKind.OtherVersion => Say($"{Node}, a worker that speaks another version of the protocol, joins, and goes after"),
        FaultKind.Tamper => Say($"change bits of the tensors that {Node} gives and gets, stop that after"),
        _ => $"drain {Node}",
    };

    private string Say(string what) => string.Create(CultureInfo.InvariantCulture, $"{what} {Seconds:0.0} s");
}
