using System.Collections.Frozen;

namespace AttentionCluster.Core;

/// <summary>A request that will not be carried out, said before any work on it.</summary>
/// <param name="Code">Stable, for programs: lower case with hyphens.</param>
/// <param name="Message">For people: what, where, and what to do.</param>
public sealed record Refusal(string Code, string Message)
{
    /// <summary>The property of the options that is to blame; null when it is no single one.</summary>
    public string? Option { get; init; }

    /// <summary>Codes of what is wrong in itself, whoever is asked and when: exit code 2 on a command line, 400 over HTTP.</summary>
    public static IReadOnlyCollection<string> InputCodes { get; } =
    [
        "unknown-option", "wrong-option", "option-out-of-range", "unknown-tensor", "tensor-missing", "tensors-conflict", "wrong-type", "wrong-shape", "shapes-do-not-fit",
        Checking.NonFiniteElement.RefusalCode,
    ];

    private static readonly FrozenSet<string> s_input = InputCodes.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether a code is one of <see cref="InputCodes"/>.</summary>
    public static bool IsOfInput(string? code) => code is not null && s_input.Contains(code);
}
