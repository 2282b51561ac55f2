using System.Globalization;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Chaos.Jobs;

/// <summary>What a job computes: causal attention over random tensors, with fewer KV heads than query heads.</summary>
/// <param name="Name">For files.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KvHeads">KV heads.</param>
/// <param name="Rows">Rows of Q, K and V.</param>
/// <param name="Width">Their width.</param>
/// <param name="KeysPerSegment">Keys of a segment.</param>
/// <param name="RowsPerBlock">Rows of a query block.</param>
/// <param name="Kernel">The kernel path.</param>
internal sealed record JobWork(
    string Name, int Heads, int KvHeads, int Rows, int Width, int KeysPerSegment, int RowsPerBlock, string Kernel)
{
    /// <summary>The seed of the random tensors.</summary>
    public const ulong Seed = 1;

    /// <summary>
    /// The jobs of the runs: a few seconds of work for two cores each. One moves little and computes slowly, with the scalar kernel in
    /// double precision; the others move a hundred times as much for each second.
    /// </summary>
    public static IReadOnlyList<JobWork> Catalogue { get; } =
    [
        new("reference", 8, 2, 768, 64, 128, 64, "reference"),
        new("portable", 8, 2, 12_288, 64, 2048, 512, "portable"),
        new("auto", 8, 2, 16_384, 64, 4096, 512, "auto"),
    ];

    /// <summary>Milliseconds of work in a quarter of a megabyte.</summary>
    public static JobWork Small { get; } = new("small", 2, 1, 256, 64, 128, 64, "auto");

    /// <summary>The same tensors, cut otherwise: keys of a segment are among what decides the bits, rows of a block are not.</summary>
    public JobWork CutInto(int keysPerSegment, int rowsPerBlock) =>
        this with { KeysPerSegment = keysPerSegment, RowsPerBlock = rowsPerBlock };

    /// <summary>What <c>--random</c> calls the shape.</summary>
    public string Shape => string.Create(CultureInfo.InvariantCulture, $"1,{Heads}:{KvHeads},{Rows},{Width}");

    /// <summary>Q, K and V, in the order of the file.</summary>
    public IReadOnlyList<(string Name, TensorShape Shape)> Tensors =>
    [
        ("q", new TensorShape(1, Heads, Rows, Width)),
        ("k", new TensorShape(1, KvHeads, Rows, Width)),
        ("v", new TensorShape(1, KvHeads, Rows, Width)),
    ];

    /// <summary>The options as the HTTP interface spells them.</summary>
    public string Query =>
        string.Join('&', Options.Select(option => $"{option.Name.Replace('-', '_')}={option.Value}").Prepend("causal=true"));

    /// <summary>The options as the command line spells them.</summary>
    public IEnumerable<string> Arguments => Options.SelectMany(option => new[] { $"--{option.Name}", option.Value }).Prepend("--causal");

    private IEnumerable<(string Name, string Value)> Options =>
    [
        ("keys-per-segment", KeysPerSegment.ToString(CultureInfo.InvariantCulture)),
        ("rows-per-block", RowsPerBlock.ToString(CultureInfo.InvariantCulture)),
        ("kernel", Kernel),
    ];

    /// <summary>The job as a person would say it.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture,
            $"{Shape} causal, kernel {Kernel}, {KeysPerSegment} keys per segment, {RowsPerBlock} rows per block");
}
