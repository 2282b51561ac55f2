using System.Text.Json.Serialization;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Cluster.Store;

/// <summary>
/// The options of a job as the user chose them, in a form for JSON. A name that this version does not know is refused: it may change what is
/// computed.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record RecordedRequest
{
    /// <inheritdoc cref="AttentionOptions.Causal"/>
    public required bool Causal { get; init; }

    /// <inheritdoc cref="AttentionOptions.Align"/>
    public required string Align { get; init; }

    /// <inheritdoc cref="AttentionOptions.Offset"/>
    public long? Offset { get; init; }

    /// <summary>The left and the right side of <see cref="AttentionOptions.Window"/>.</summary>
    public required IReadOnlyList<long> Window { get; init; }

    /// <inheritdoc cref="AttentionOptions.Sinks"/>
    public int Sinks { get; init; }

    /// <inheritdoc cref="AttentionOptions.Softcap"/>
    public double? Softcap { get; init; }

    /// <summary>Rows and keys of <see cref="AttentionOptions.MaskBlock"/>.</summary>
    public IReadOnlyList<int> MaskBlock { get; init; } = [AttentionOptions.MaskBlockDefault, AttentionOptions.MaskBlockDefault];

    /// <inheritdoc cref="AttentionOptions.Output"/>
    public string Output { get; init; } = nameof(OutputType.Float32);

    /// <inheritdoc cref="AttentionOptions.RejectNonFinite"/>
    public bool RejectNonFinite { get; init; }

    /// <inheritdoc cref="AttentionOptions.Scale"/>
    public double? Scale { get; init; }

    /// <inheritdoc cref="AttentionOptions.VerifyRows"/>
    public required int VerifyRows { get; init; }

    /// <inheritdoc cref="AttentionOptions.KeysPerSegment"/>
    public int? KeysPerSegment { get; init; }

    /// <inheritdoc cref="AttentionOptions.RowsPerBlock"/>
    public int? RowsPerBlock { get; init; }

    /// <inheritdoc cref="AttentionOptions.Kernel"/>
    public required string Kernel { get; init; }

    /// <inheritdoc cref="AttentionOptions.WithLse"/>
    public required bool WithLse { get; init; }

    /// <summary>Writes options down.</summary>
    public static RecordedRequest Of(AttentionOptions options) => new()
    {
        Causal = options.Causal,
        Align = options.Align.ToString(),
        Offset = options.Offset,
        Window = [options.Window.Left, options.Window.Right],
        Sinks = options.Sinks,
        Softcap = options.Softcap,
        MaskBlock = [options.MaskBlock.Rows, options.MaskBlock.Keys],
        Output = options.Output.ToString(),
        RejectNonFinite = options.RejectNonFinite,
        Scale = options.Scale,
        VerifyRows = options.VerifyRows,
        KeysPerSegment = options.KeysPerSegment,
        RowsPerBlock = options.RowsPerBlock,
        Kernel = options.Kernel.ToString(),
        WithLse = options.WithLse,
    };

    /// <summary>Reads them back.</summary>
    /// <exception cref="FormatException">Another version has written what this one can't read.</exception>
    public AttentionOptions ToOptions() => new()
    {
        Causal = Causal,
        Align = Parse<CausalAlignment>(Align),
        Offset = Offset,
        Window = Window is [long left, long right] ? (left, right) : throw new FormatException($"a window of {Window.Count} sides"),
        Sinks = Sinks,
        Softcap = Softcap,
        MaskBlock = MaskBlock is [int rows, int keys] ? (rows, keys) : throw new FormatException($"a mask block of {MaskBlock.Count} sides"),
        Output = Parse<OutputType>(Output),
        RejectNonFinite = RejectNonFinite,
        Scale = Scale,
        VerifyRows = VerifyRows,
        KeysPerSegment = KeysPerSegment,
        RowsPerBlock = RowsPerBlock,
        Kernel = Parse<KernelChoice>(Kernel),
        WithLse = WithLse,
    };

    private static T Parse<T>(string text)
        where T : struct, Enum =>
        Enum.TryParse(text, out T value) && Enum.IsDefined(value) ? value : throw new FormatException($"\"{text}\" is no {typeof(T).Name}");
}
