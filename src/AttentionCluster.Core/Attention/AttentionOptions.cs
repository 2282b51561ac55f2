using System.Text.Json.Serialization;

namespace AttentionCluster.Core.Attention;

/// <summary>
/// What a user can choose about one attention job. <see cref="OptionCatalog"/> says how each choice is called, written and limited.
/// </summary>
[JsonConverter(typeof(AttentionOptionsConverter))]
public sealed record AttentionOptions
{
    /// <summary>The most rows that <see cref="VerifyRows"/> may ask for.</summary>
    public const int VerifyRowsMax = 65_536;

    /// <summary>Rows and keys of a block of <see cref="MaskBlock"/> that nobody chose.</summary>
    public const int MaskBlockDefault = 128;

    /// <summary>Key <c>j</c> is visible to query row <c>i</c> only when <c>j &lt;= i + offset</c>. Default: false.</summary>
    public bool Causal { get; init; }

    /// <summary>The offset of row positions when <see cref="Offset"/> is not given. Default: bottom-right.</summary>
    public CausalAlignment Align { get; init; } = CausalAlignment.BottomRight;

    /// <summary>The absolute position of query row 0; replaces <see cref="Align"/>. Default: by alignment.</summary>
    public long? Offset { get; init; }

    /// <summary>Sliding window: <c>i + offset - Left &lt;= j &lt;= i + offset + Right</c>, -1 meaning open. Default: open.</summary>
    public (long Left, long Right) Window { get; init; } = (-1, -1);

    /// <summary>
    /// Keys, counted from the first one, that stay visible to a row whose window has passed them; at least 0. They are no exception from
    /// causality, documents and key lengths. Default: 0.
    /// </summary>
    public int Sinks { get; init; }

    /// <summary>
    /// Scores <c>s</c> become <c>c * tanh(s / c)</c> before anything is added to them; finite and above 0. Default: null, they stay.
    /// </summary>
    public double? Softcap { get; init; }

    /// <summary>Query rows and keys that one element of a block mask stands for; at least 1 each. Default: 128 of both.</summary>
    public (int Rows, int Keys) MaskBlock { get; init; } = (MaskBlockDefault, MaskBlockDefault);

    /// <summary>Factor of the scores. Finite. Default: <c>1 / sqrt(Dk)</c>.</summary>
    public double? Scale { get; init; }

    /// <summary>Rows that are recomputed in float64 after the job; from 0 to <see cref="VerifyRowsMax"/>. Default: 0.</summary>
    public int VerifyRows { get; init; }

    /// <summary>Keys of one segment; at least 1. Default: the plan's.</summary>
    public int? KeysPerSegment { get; init; }

    /// <summary>Query rows of one block; at least 1. Default: the plan's.</summary>
    public int? RowsPerBlock { get; init; }

    /// <summary>
    /// The arithmetic, or for tests on one machine the implementation. Default: <see cref="BitFamily.Fused"/>, with the same bits on every
    /// machine.
    /// </summary>
    public KernelChoice Kernel { get; init; } = KernelChoice.Auto;

    /// <summary>Whether the log-sum-exp of every row is written beside the output. Default: true.</summary>
    public bool WithLse { get; init; } = true;

    /// <summary>The type of the elements of O. Default: float32.</summary>
    public OutputType Output { get; init; }

    /// <summary>
    /// Whether a NaN or an infinity at a visible place of the input is a reason to refuse the job. Default: false, the result is what IEEE
    /// 754 makes of it, and a warning names the first.
    /// </summary>
    public bool RejectNonFinite { get; init; }

    /// <summary>Whether positions count from the last row and the last key.</summary>
    public bool HasBottomRight => Offset is null && Align == CausalAlignment.BottomRight;

    /// <summary>Whether what a row sees depends on where it stands.</summary>
    public bool HasBand => Causal || Window is not (-1, -1);

    /// <summary>The absolute position of query row 0: <see cref="Offset"/>, or what <see cref="Align"/> means for a shape.</summary>
    public long OffsetFor(AttentionShape shape) =>
        Offset ?? (Align == CausalAlignment.BottomRight ? shape.Keys - (long)shape.QueryRows : 0);
}
