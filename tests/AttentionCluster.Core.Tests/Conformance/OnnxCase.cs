using System.Globalization;
using System.Runtime.InteropServices;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Conformance;

/// <summary>
/// A case of the ONNX project's operator Attention, as a job. They are no part of this repository: a directory <c>shared/conformance</c>
/// beside it, or beside one of the directories above, holds them.
/// </summary>
/// <remarks>
/// Past keys come before the others. ONNX aligns causal masks at the top left, past counted; with key lengths, at each entry's own end.
/// What it gives besides Y (scores, and keys with their past) is no output of a job.
/// </remarks>
internal sealed record OnnxCase
{
    private const string NoFolder = "no directory shared/conformance/onnx-attention beside the repository";

    private static readonly string? s_folder = FindFolder();

    /// <summary>All cases; one that is skipped where there are none.</summary>
    public static IEnumerable<string> Names => s_folder is null
        ? [NoFolder]
        : Directory.GetFiles(s_folder, "*.safetensors").Select(file => Path.GetFileNameWithoutExtension(file)!)
            .Order(StringComparer.Ordinal);

    /// <summary>
    /// Of cases that have the same options, tensors and types one each: for those who ask whether an input arrives, not whether its numbers
    /// are right.
    /// </summary>
    public static IEnumerable<string> NamesOfEachKind => s_folder is null ? Names : Names.DistinctBy(name => Read(name).Kind);

    public required OnnxTensor Query { get; init; }

    public required OnnxTensor Key { get; init; }

    public required OnnxTensor Value { get; init; }

    public OnnxTensor? Mask { get; init; }

    public long[]? KeyLengths { get; init; }

    /// <summary>What the attributes say: causal, offset, scale and softcap.</summary>
    public required AttentionOptions Options { get; init; }

    /// <summary>Y.</summary>
    public required OnnxTensor Expected { get; init; }

    /// <summary>How far an element of O may be from <see cref="Expected"/>, which is in the type of the inputs.</summary>
    public double ErrorMax => Query.Type == ElementType.Float16 ? 5e-4 : 1e-6;

    /// <summary>Names and values of the options, as everywhere.</summary>
    public IEnumerable<(string Name, string Value)> NamedOptions
    {
        get
        {
            if (Options.Causal)
                yield return ("causal", "true");
            if (Options.Offset is { } offset)
                yield return ("offset", offset.ToString(CultureInfo.InvariantCulture));
            if (Options.Scale is { } scale)
                yield return ("scale", scale.ToString("R", CultureInfo.InvariantCulture));
            if (Options.Softcap is { } softcap)
                yield return ("softcap", softcap.ToString("R", CultureInfo.InvariantCulture));
        }
    }

    private string Kind =>
        string.Join(' ', [.. NamedOptions.Select(option => option.Name), $"{Query.Type}", $"mask {Mask?.Type}",
        $"lengths {KeyLengths is not null}"]);

    /// <summary>Reads a case.</summary>
    public static OnnxCase Read(string name)
    {
        Skip.If(s_folder is null, NoFolder);
        using var file = TensorFile.Open(Path.Combine(s_folder, $"{name}.safetensors"));
        double? Number(string attribute) =>
            file.Metadata.TryGetValue(attribute, out string? text) ? double.Parse(text, CultureInfo.InvariantCulture) : null;
        int queryHeads = (int)(Number("q_num_heads") ?? 0), kvHeads = (int)(Number("kv_num_heads") ?? 0);
        OnnxTensor key = OnnxTensor.Find(file, "K", kvHeads)!, value = OnnxTensor.Find(file, "V", kvHeads)!;
        OnnxTensor? pastKey = OnnxTensor.Find(file, "past_key", kvHeads), pastValue = OnnxTensor.Find(file, "past_value", kvHeads);
        long[]? lengths = Integers(file, "nonpad_kv_seqlen");
        return new OnnxCase
        {
            Query = OnnxTensor.Find(file, "Q", queryHeads)!,
            Key = pastKey?.Append(key) ?? key,
            Value = pastValue?.Append(value) ?? value,
            Mask = OnnxTensor.Find(file, "attn_mask", 1),
            KeyLengths = lengths,
            Expected = OnnxTensor.Find(file, "Y", queryHeads)!,
            Options = new AttentionOptions
            {
                Causal = Number("is_causal") == 1,
                Offset = lengths is null ? pastKey?.Shape.Rows ?? 0 : null,
                Scale = Number("scale"),
                Softcap = Number("softcap"),
            },
        };
    }

    /// <summary>The same queries over some of the keys, which are all that there are. Lengths would move each entry's diagonal.</summary>
    public OnnxCase Slice(int start, int end) => this with
    {
        Key = Key.Rows(start, end),
        Value = Value.Rows(start, end),
        Mask = Mask?.Columns(start, end),
        Options = Options with { Offset = Options.Offset - start },
    };

    /// <summary>The same job, with a mask that hides all keys but some.</summary>
    public OnnxCase HideAllBut(int start, int end)
    {
        OnnxTensor mask = Mask
            ?? new(ElementType.Boolean, new TensorShape(1, 1, 1, Key.Shape.Rows), [.. Enumerable.Repeat(1f, Key.Shape.Rows)]);
        float hidden = mask.Type == ElementType.Boolean ? 0 : float.NegativeInfinity;
        return this with
        {
            Mask = mask.Select(mask.Shape, (batch, head, row, key) => key >= start && key < end ? mask.At(batch, head, row, key) : hidden),
        };
    }

    /// <summary>The input file of the job.</summary>
    public byte[] ToSafetensors()
    {
        List<(string Name, ElementType Type, long[] Axes, byte[] Bytes)> tensors = [Named("q", Query), Named("k", Key), Named("v", Value)];
        if (Mask is not null)
            tensors.Add(Named("mask", Mask));
        if (KeyLengths is not null)
            tensors.Add(("kv_lengths", ElementType.Int64, [KeyLengths.Length], MemoryMarshal.AsBytes(KeyLengths.AsSpan()).ToArray()));

        // Wide elements before narrow ones, so that each is aligned to its own size.
        tensors = [.. tensors.OrderByDescending(tensor => tensor.Type.ByteSize())];
        SafetensorsLayout layout = SafetensorsHeader.Build([.. tensors.Select(tensor => (tensor.Name, tensor.Type, tensor.Axes))]);
        return [.. layout.Header, .. tensors.SelectMany(tensor => tensor.Bytes)];
    }

    /// <summary>Asserts that O is Y.</summary>
    /// <param name="output">Float32, <c>[batch, heads, rows, width]</c>.</param>
    /// <param name="what">Of what this is the output.</param>
    public void AssertOutput(ReadOnlySpan<float> output, string what)
    {
        Assert.Equal(Expected.Numbers.Length, output.Length);
        for (int i = 0; i < output.Length; i++)
        {
            double error = Math.Abs((double)output[i] - Expected.Numbers[i]);
            Assert.True(error <= ErrorMax, $"{what}: element {i} is {output[i]}; ONNX has {Expected.Numbers[i]}");
        }
    }

    /// <summary>Asserts that the tensor <c>o</c> of a result's file is Y.</summary>
    public void AssertResult(string path, string what)
    {
        using var file = TensorFile.Open(path);
        OnnxTensor output = OnnxTensor.Find(file, "o", Expected.Shape.Heads)!;
        Assert.Equal((ElementType.Float32, Expected.Shape), (output.Type, output.Shape));
        AssertOutput(output.Numbers, what);
    }

    private static (string Name, ElementType Type, long[] Axes, byte[] Bytes) Named(string name, OnnxTensor tensor) =>
        (name, tensor.Type, [tensor.Shape.Batch, tensor.Shape.Heads, tensor.Shape.Rows, tensor.Shape.Width], tensor.ToBytes());

    private static long[]? Integers(TensorFile file, string name)
    {
        if (file.Find(name) is not { } entry)
            return null;
        long[] integers = new long[entry.ByteLength / sizeof(long)];
        file.Read(entry, 0, MemoryMarshal.AsBytes(integers.AsSpan()));
        return integers;
    }

    private static string? FindFolder()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string candidate = Path.Combine(at.FullName, "shared", "conformance", "onnx-attention");
            if (Directory.Exists(candidate))
                return candidate;
        }

        return null;
    }
}
