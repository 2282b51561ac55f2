using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Partials;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;
using Microsoft.Win32.SafeHandles;

namespace AttentionCluster.Core.Results;

/// <summary>
/// Joins results over disjoint keys into the result over all of them. A finished row is a partial: <c>m = LSE, l = 1, acc = O</c>, as
/// <c>O = acc / l</c> and <c>LSE = m + ln l</c>; a row that saw no key, with LSE of -infinity, is the empty one. So
/// <see cref="PartialAlgebra"/>
/// joins them, in the balanced tree over their order that <see cref="MergeTree"/> gives.
/// </summary>
/// <remarks>Rows go through memory in blocks of at most <see cref="BlockFloatsMax"/> elements for each level of the tree.</remarks>
internal sealed class ResultMerge
{
    /// <summary>The most results that are joined at once.</summary>
    public const int PartsMax = 256;

    /// <summary>Elements of O in a block, or one row of it where that is more.</summary>
    private const int BlockFloatsMax = 1 << 18;

    /// <summary>As long as a SHA-256 in hexadecimal, which takes its place at the end.</summary>
    private static readonly string s_noHashYet = new('0', 2 * SHA256.HashSizeInBytes);

    private static readonly string s_sinks = AuxiliaryTensorCatalog.Of(AuxiliaryRole.SinkLogits).Name;

    private readonly IReadOnlyList<Part> _parts;
    private readonly ElementType _type;
    private readonly ImmutableArray<long> _dimensions;
    private readonly int _width;
    private readonly long _rows;
    private readonly bool _hasSinkLogits;

    private ResultMerge(IReadOnlyList<Part> parts)
    {
        _parts = parts;
        _dimensions = parts[0].Output.Dimensions;
        _width = (int)_dimensions[^1];
        _rows = parts[0].Lse.ByteLength / sizeof(float);
        _hasSinkLogits = parts.Any(part => HasSinkLogits(part.File));
        _type = parts.All(part => part.Output.Type == parts[0].Output.Type) ? parts[0].Output.Type : ElementType.Float32;
    }

    /// <summary>Bytes of the joined result's file.</summary>
    public long ByteLength => LayoutOf(s_noHashYet, s_noHashYet).FileLength;

    /// <summary>
    /// Checks that results can be joined. That their keys are disjoint, and their queries and options the same, is for the caller to know.
    /// </summary>
    /// <param name="results">Open files, each with <c>o</c> (float32, float16 or bfloat16) and <c>lse</c> (float32), of one shape. They
    /// must stay open.</param>
    /// <param name="refusal">The first thing that is wrong.</param>
    /// <returns>Null when they can't be.</returns>
    public static ResultMerge? Create(IReadOnlyList<TensorFile> results, out Refusal? refusal)
    {
        refusal = results.Count is >= 2 and <= PartsMax
            ? results.GroupBy(result => Path.GetFullPath(result.Path)).FirstOrDefault(same => same.Count() > 1) is { } twice
                ? new Refusal(ErrorCode.WrongInput,
                    $"{twice.First().Path} is given {twice.Count()} times; its keys would count as often, so give it once")
                : null
            : new Refusal(ErrorCode.WrongInput, $"{results.Count} results can't be joined; give from 2 to {PartsMax}");
        var parts = new List<Part>();
        foreach (TensorFile result in results)
        {
            if (refusal is not null || Part.Find(result, out refusal) is not { } part)
                return null;
            parts.Add(part);
            if (!part.Output.Dimensions.SequenceEqual(parts[0].Output.Dimensions))
            {
                refusal = new Refusal(
                    ErrorCode.ShapesDoNotFit, $"o [{string.Join(", ", part.Output.Dimensions)}] in {result.Path} has not the shape of o "
                        + $"[{string.Join(", ", parts[0].Output.Dimensions)}] in {results[0].Path}; results over other keys of the same "
                        + "queries have");
            }
        }

        refusal ??= CheckOptions(results);
        return refusal is null ? new ResultMerge(parts) : null;
    }

    /// <summary>Why a file can't take the joined result: it is one of those that are joined.</summary>
    public Refusal? CheckOutput(string path) => _parts.Any(part => Path.GetFullPath(part.File.Path) == Path.GetFullPath(path))
        ? new Refusal(ErrorCode.OutputNotWritable, $"{path} is also an input; choose another name")
        : null;

    /// <summary>
    /// Joins, and writes a safetensors file with <c>o</c> and <c>lse</c>: it is there whole or not at all, and one that was there before is
    /// replaced. O has the type that all parts have, or else float32.
    /// </summary>
    /// <param name="path">The file; none of the parts.</param>
    /// <param name="cancellationToken">Stops between blocks of rows.</param>
    /// <exception cref="IOException">A part can't be read, or the file can't be written.</exception>
    public void Write(string path, CancellationToken cancellationToken)
    {
        string full = Path.GetFullPath(path);
        string unfinished = Path.Combine(Path.GetDirectoryName(full)!, $".attn-merge-{Path.GetRandomFileName()}");
        try
        {
            using (SafeFileHandle file = File.OpenHandle(unfinished, FileMode.CreateNew, FileAccess.Write, FileShare.None,
                FileOptions.None, ByteLength))
                WriteAll(file, cancellationToken);
            File.Move(unfinished, full, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    /// <summary>
    /// Scores that were scaled in different ways belong to no common softmax, and a sink logit is one term of its denominator. Results from
    /// elsewhere record nothing, and are believed.
    /// </summary>
    private static Refusal? CheckOptions(IReadOnlyList<TensorFile> results)
    {
        TensorFile[] withSink = [.. results.Where(HasSinkLogits)];
        if (withSink.Length > 1)
            return new Refusal(ErrorCode.WrongInput, $"{withSink[0].Path} and {withSink[1].Path} were both computed with sink_logits, "
                + "which would count twice; compute all parts but one without");
        (TensorFile File, double? Scale, double? Softcap)[] recorded =
        [
            .. from result in results
               let options = result.Metadata.TryGetValue(RecordedOptions.MetadataName, out string? json)
                   ? RecordedOptions.Read(json, out _) : null
               where options is not null
               select (result, options.Scale, options.Softcap),
        ];
        foreach ((TensorFile file, double? scale, double? softcap) in recorded)
        {
            if ((scale, softcap) != (recorded[0].Scale, recorded[0].Softcap))
                return new Refusal(ErrorCode.WrongInput, $"{file.Path} and {recorded[0].File.Path} were computed with different options "
                    + "(scale or softcap), and can't be joined");
        }

        return null;
    }

    private static bool HasSinkLogits(TensorFile result) =>
        result.Metadata.TryGetValue(RecordedOptions.TensorsName, out string? tensors) && tensors.Split(',').Contains(s_sinks);

    private void WriteAll(SafeFileHandle file, CancellationToken cancellationToken)
    {
        SafetensorsLayout layout = LayoutOf(s_noHashYet, s_noHashYet);
        TensorEntry output = layout.Entries.First(entry => entry.Name == "o");
        TensorEntry lse = layout.Entries.First(entry => entry.Name == "lse");
        using var outputHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var lseHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        int rowsAtOnce = (int)Math.Min(Math.Max(1, BlockFloatsMax / _width), _rows);
        float[] outputRows = new float[rowsAtOnce * _width];
        float[] lseRows = new float[rowsAtOnce];
        byte[] bytes = new byte[outputRows.Length * sizeof(float)];
        for (long first = 0; first < _rows; first += rowsAtOnce)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int rows = (int)Math.Min(rowsAtOnce, _rows - first);
            using (Partial joined = Join(first, rows, bytes))
            {
                for (int row = 0; row < rows; row++)
                    lseRows[row] = PartialAlgebra.Finish(joined, row, outputRows.AsSpan(row * _width, _width));
            }

            Span<float> elements = outputRows.AsSpan(0, rows * _width);
            Span<byte> written = bytes.AsSpan(0, elements.Length * _type.ByteSize());
            _type.FromSingle(elements, written);
            RandomAccess.Write(file, written, output.ByteOffset + (first * _width * _type.ByteSize()));
            _type.ToSingle(written, elements);
            outputHash.AppendData(MemoryMarshal.AsBytes(elements));

            ReadOnlySpan<byte> lseBytes = MemoryMarshal.AsBytes(lseRows.AsSpan(0, rows));
            RandomAccess.Write(file, lseBytes, lse.ByteOffset + (first * sizeof(float)));
            lseHash.AppendData(lseBytes);
        }

        RandomAccess.Write(file, LayoutOf(Hexadecimal(outputHash), Hexadecimal(lseHash)).Header, 0);
        RandomAccess.FlushToDisk(file);
    }

    /// <summary>The rows of all parts, joined.</summary>
    private Partial Join(long first, int rows, byte[] scratch)
    {
        var tree = new MergeTree(new KeyRange(0, _parts.Count));
        var progress = new MergeProgress(tree);
        var waiting = new Dictionary<TreeNode, Partial>();
        try
        {
            for (int part = 0; part < _parts.Count; part++)
            {
                var leaf = TreeNode.Leaf(part);
                waiting.Add(leaf, new Partial(rows, _width));
                _parts[part].Read(first, waiting[leaf], scratch);
                foreach (MergeStep step in progress.Add(leaf))
                {
                    PartialAlgebra.Merge(waiting[step.Left], waiting[step.Right]);
                    waiting[step.Right].Dispose();
                    waiting.Remove(step.Right);
                    waiting.Remove(step.Left, out Partial? merged);
                    waiting.Add(step.Parent, merged!);
                }
            }

            return waiting[tree.Root];
        }
        catch
        {
            foreach (Partial partial in waiting.Values)
                partial.Dispose();
            throw;
        }
    }

    private SafetensorsLayout LayoutOf(string outputHash, string lseHash)
    {
        (string Name, ElementType Type, long[] Dimensions)[] tensors =
            [("o", _type, [.. _dimensions]), ("lse", ElementType.Float32, [.. _dimensions[..^1]])];

        var metadata = new Dictionary<string, string> { ["o_sha256"] = outputHash, ["lse_sha256"] = lseHash };
        if (_hasSinkLogits)
            metadata[RecordedOptions.TensorsName] = s_sinks;

        // Wide elements before narrow ones, so that each is aligned to its own size.
        return SafetensorsHeader.Build([.. tensors.OrderByDescending(tensor => tensor.Type.ByteSize())], metadata);
    }

    private static string Hexadecimal(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetHashAndReset());

    /// <summary>One of the results.</summary>
    private sealed record Part(TensorFile File, TensorEntry Output, TensorEntry Lse)
    {
        internal static Part? Find(TensorFile file, out Refusal? refusal)
        {
            TensorEntry? output = file.Find("o");
            TensorEntry? lse = file.Find("lse");
            refusal =
                output is null ? new Refusal(ErrorCode.TensorMissing,
                    $"{file.Path} has no tensor 'o'; give results that 'attn attend' wrote") :
                lse is null ? new Refusal(ErrorCode.TensorMissing,
                    $"{file.Path} has no tensor 'lse', without which results can't be joined; compute it again without no-lse") :
                output.Type is not (ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16)
                    ? new Refusal(ErrorCode.WrongType, $"o in {file.Path} is {output.Type}; wanted Float32, Float16 or BFloat16") :
                lse.Type != ElementType.Float32 ? new Refusal(ErrorCode.WrongType, $"lse in {file.Path} is {lse.Type}; wanted Float32") :
                !TensorShape.TryCreate(output.Dimensions.AsSpan(), out TensorShape shape, out string reason)
                    ? new Refusal(ErrorCode.WrongShape, $"o in {file.Path} {reason}") :
                shape.Width > AttentionShape.WidthMax
                    ? new Refusal(ErrorCode.WrongShape, $"o {shape} in {file.Path} is wider than {AttentionShape.WidthMax}") :
                !lse.Dimensions.SequenceEqual(output.Dimensions[..^1])
                    ? new Refusal(ErrorCode.ShapesDoNotFit, $"lse [{string.Join(", ", lse.Dimensions)}] in {file.Path} does not fit o "
                    + $"{shape}; wanted [{string.Join(", ", output.Dimensions[..^1])}]") :
                null;
            return refusal is null ? new Part(file, output!, lse!) : null;
        }

        /// <summary>Fills a partial with rows.</summary>
        internal unsafe void Read(long first, Partial into, byte[] scratch)
        {
            File.Read(Lse, first * sizeof(float), new Span<byte>(into.Max, into.Rows * sizeof(float)));
            new Span<float>(into.Sum, into.Rows).Fill(1f);
            int rowBytes = into.ValueWidth * Output.Type.ByteSize();
            Span<byte> bytes = scratch.AsSpan(0, into.Rows * rowBytes);
            File.Read(Output, first * rowBytes, bytes);
            for (int row = 0; row < into.Rows; row++)
                Output.Type.ToSingle(bytes.Slice(row * rowBytes, rowBytes),
                    new Span<float>(into.Accumulator + ((long)row * into.Stride), into.ValueWidth));
        }
    }
}
