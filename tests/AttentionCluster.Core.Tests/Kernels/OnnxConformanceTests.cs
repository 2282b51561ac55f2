using System.Globalization;
using System.Runtime.InteropServices;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Core.Tests.Attention;

namespace AttentionCluster.Core.Tests.Kernels;

/// <summary>
/// The ONNX project's cases of its operator Attention that need neither mask, softcap nor past. They are no part of this
/// repository: a directory <c>shared/conformance</c> beside it, or beside one of the directories above, holds them.
/// </summary>
public class OnnxConformanceTests
{
    private const double ErrorMax = 1e-6;

    private static readonly string[] Cases =
    [
        "3d_diff_heads_sizes", "3d_gqa", "3d_scaled", "3d_transpose_verification", "4d", "4d_causal", "4d_diff_heads_sizes",
        "4d_diff_heads_sizes_causal", "4d_gqa", "4d_gqa_causal", "4d_gqa_scaled",
    ];

    public static IEnumerable<object[]> CasesAndPaths =>
        from name in Cases
        from path in KernelPaths.All
        where KernelPaths.IsSupported(path)
        select new object[] { name, path };

    [SkippableTheory]
    [MemberData(nameof(CasesAndPaths))]
    public void The_result_is_that_of_onnx(string name, KernelPath path)
    {
        string? directory = FindDirectory();
        Skip.If(directory is null, "no directory shared/conformance/onnx-attention beside the repository");
        using var file = TensorFile.Open(Path.Combine(directory, $"attention_{name}.safetensors"));
        HeadsFirst query = Read(file, "Q", "q_num_heads"), key = Read(file, "K", "kv_num_heads"), value = Read(file, "V", "kv_num_heads");
        HeadsFirst expected = Read(file, "Y", "q_num_heads");
        var problem = new AttentionProblem(CaseOf(file, query.Shape, key.Shape, value.Shape), query.Elements, key.Elements, value.Elements);

        AttentionResult result = WholeAttention.Compute(problem, path);

        Assert.Equal(expected.Shape with { Rank = 4 }, problem.Shape.Output);
        Assert.InRange(result.Output.Zip(expected.Elements, (actual, wanted) => Math.Abs((double)actual - wanted)).Max(), 0, ErrorMax);
    }

    private static AttentionCase CaseOf(TensorFile file, TensorShape query, TensorShape key, TensorShape value) =>
        new(query.Rows, key.Rows, query.Width, value.Width)
        {
            Batch = query.Batch,
            QueryHeads = query.Heads,
            KvHeads = key.Heads,
            Options = new AttentionOptions
            {
                Causal = file.Metadata.GetValueOrDefault("is_causal") == "1",
                Align = CausalAlignment.TopLeft,
                Scale = file.Metadata.TryGetValue("scale", out string? scale) ? double.Parse(scale, CultureInfo.InvariantCulture) : null,
                KeysPerSegment = 4,
            },
        };

    /// <summary>As <c>[batch, heads, rows, width]</c>; three axes are <c>[batch, rows, heads x width]</c>.</summary>
    private static HeadsFirst Read(TensorFile file, string name, string headsAttribute)
    {
        TensorEntry entry = file.Require(name);
        int[] axes = [.. entry.Dimensions.Select(axis => (int)axis)];
        float[] elements = new float[entry.ByteLength / sizeof(float)];
        file.Read(entry, 0, MemoryMarshal.AsBytes(elements.AsSpan()));
        if (axes.Length == 4)
            return new(new TensorShape(axes[0], axes[1], axes[2], axes[3]), elements);

        int heads = int.Parse(file.Metadata[headsAttribute], CultureInfo.InvariantCulture);
        var shape = new TensorShape(axes[0], heads, axes[1], axes[2] / heads);
        float[] transposed = new float[elements.Length];
        for (int batch = 0; batch < shape.Batch; batch++)
        {
            for (int row = 0; row < shape.Rows; row++)
            {
                for (int head = 0; head < heads; head++)
                {
                    elements.AsSpan((((batch * shape.Rows) + row) * heads + head) * shape.Width, shape.Width)
                        .CopyTo(transposed.AsSpan((int)shape.RowOffset(batch, head, row)));
                }
            }
        }

        return new(shape, transposed);
    }

    private static string? FindDirectory()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string candidate = Path.Combine(at.FullName, "shared", "conformance", "onnx-attention");
            if (Directory.Exists(candidate))
                return candidate;
        }

        return null;
    }

    private sealed record HeadsFirst(TensorShape Shape, float[] Elements);
}
