using AttentionCluster.Cli.Inputs;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cli.Verify;

/// <summary>The result that is to be verified: <c>o</c>, perhaps <c>lse</c>, and what the job wrote beside them.</summary>
internal sealed class ResultToVerify : IDisposable
{
    private ResultToVerify(TensorFile file, TensorEntry output, TensorEntry? lse) => (File, Output, Lse) = (file, output, lse);

    /// <summary>The open file.</summary>
    public TensorFile File { get; }

    /// <summary>O.</summary>
    public TensorEntry Output { get; }

    /// <summary>The log-sum-exp; null when the file has none.</summary>
    public TensorEntry? Lse { get; }

    /// <summary>Opens the file, and checks that its tensors are those of a job of this shape.</summary>
    public static ResultToVerify? Open(string path, AttentionShape shape, out Refusal? refusal)
    {
        TensorFile? file = FileOpening.Open("--output", path, out refusal, ["o", "lse"]);
        if (file is null)
            return null;

        InputTensor? output = InputTensor.Find(file, "o", alone: true, out refusal);
        TensorEntry? lse = file.Find("lse");
        refusal ??= CheckOutput(file, output!, shape) ?? (lse is null ? null : CheckLse(file, lse, shape));
        if (refusal is null)
            return new ResultToVerify(file, output!.Entry, lse);
        file.Dispose();
        return null;
    }

    /// <summary>
    /// The tensors whose bytes are not those of the hash that the job wrote beside them. A file from elsewhere has no
    /// hashes, and nothing to compare.
    /// </summary>
    public IReadOnlyList<TensorEntry> FindDamaged(CancellationToken cancellationToken)
    {
        TensorEntry[] tensors = Lse is null ? [Output] : [Output, Lse];
        return
        [
            .. from tensor in tensors
               where File.Metadata.TryGetValue($"{tensor.Name}_sha256", out string? recorded)
                   && recorded != TensorDigest.Sha256(File, tensor, cancellationToken)
               select tensor,
        ];
    }

    /// <inheritdoc/>
    public void Dispose() => File.Dispose();

    private static Refusal? CheckOutput(TensorFile file, InputTensor output, AttentionShape shape) =>
        output.Entry.Type == ElementType.Float64
            ? new Refusal(ErrorCode.WrongType, $"o in {file.Path} is {output.Entry.Type}; wanted Float32, Float16 or BFloat16")
            : (output.Shape with { Rank = 4 }) != (shape.Output with { Rank = 4 })
            ? new Refusal(ErrorCode.ShapesDoNotFit,
                $"o {output.Shape} in {file.Path} is no result of q {shape.Query} k {shape.Key} v {shape.Value}; wanted {shape.Output}")
            : null;

    private static Refusal? CheckLse(TensorFile file, TensorEntry lse, AttentionShape shape)
    {
        // The log-sum-exp has the axes of O without the width; with a width of 1 they compare as shapes do.
        bool fits = TensorShape.TryCreate([.. lse.Dimensions, 1], out TensorShape found, out _)
            && (found with { Rank = 4 }) == (shape.Output with { Width = 1, Rank = 4 });
        return lse.Type != ElementType.Float32
            ? new Refusal(ErrorCode.WrongType, $"lse in {file.Path} is {lse.Type}; wanted Float32")
            : fits
            ? null
            : new Refusal(ErrorCode.ShapesDoNotFit, $"lse [{string.Join(", ", lse.Dimensions)}] in {file.Path} does not fit q "
                + $"{shape.Query}; wanted [{string.Join(", ", shape.LseDimensions)}]");
    }
}
