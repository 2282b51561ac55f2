using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Kernels.Packing;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Partials;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Core.Tests.Attention;

namespace AttentionCluster.Core.Tests.Kernels;

/// <summary>What every kernel path must do; a path inherits it, and is skipped where the machine lacks it.</summary>
public abstract partial class KernelContract
{
    /// <summary>
    /// The floor under twice the naive error, so that a naive result which happens to be exact asks for nothing impossible.
    /// </summary>
    private const double ErrorFloor = 1.1920929e-7;

    /// <summary>Several segments, tiles and row groups, causal with a window, grouped heads.</summary>
    private static readonly AttentionProblem Mixed = AttentionProblem.Random(new(200, 1100, 24, 40)
    {
        QueryHeads = 4,
        KvHeads = 2,
        Options = new() { Causal = true, Window = (700, -1), KeysPerSegment = 600 },
    });

    protected KernelContract(KernelPath path)
    {
        Path = path;
        Skip.IfNot(KernelPaths.IsSupported(path), $"this machine has no {path.Name()}");
    }

    protected KernelPath Path { get; }

    [SkippableFact]
    public void Running_again_in_any_order_of_tasks_changes_no_bit()
    {
        string first = WholeAttention.Compute(Mixed, Path).Sha256();

        Assert.Equal(first, WholeAttention.Compute(Mixed, Path).Sha256());
        Assert.Equal(first, WholeAttention.Compute(Mixed, Path, arrivalSeed: 5).Sha256());
    }

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    [InlineData(192)]
    [InlineData(193)]
    public void A_row_has_the_same_bits_alone_as_in_a_block_of_any_size(int rowsPerBlock)
    {
        string whole = WholeAttention.Compute(Mixed.With(options => options with { RowsPerBlock = 200 }), Path).Sha256();

        Assert.Equal(whole, WholeAttention.Compute(Mixed.With(options => options with { RowsPerBlock = rowsPerBlock }), Path).Sha256());
    }

    [SkippableFact]
    public void Values_too_small_to_be_weighted_have_the_same_bits_in_a_block_of_any_size()
    {
        AttentionProblem tiny = Mixed.WithTinyValues();

        Assert.Equal(
            WholeAttention.Compute(tiny.With(options => options with { RowsPerBlock = 200 }), Path).Sha256(),
            WholeAttention.Compute(tiny.With(options => options with { RowsPerBlock = 1 }), Path).Sha256());
    }

    [SkippableFact]
    public void What_a_task_before_left_in_the_workspace_changes_no_bit()
    {
        using var workspace = new Workspace();
        WholeAttention.Compute(Mixed.Poison(_ => true, float.NaN, float.NaN), Path, workspace: workspace);

        Assert.Equal(
            WholeAttention.Compute(Mixed, Path).Sha256(),
            WholeAttention.Compute(Mixed, Path, workspace: workspace).Sha256());
    }

    [SkippableFact]
    public void A_row_that_sees_no_key_is_zero_with_minus_infinity()
    {
        AttentionProblem problem = AttentionProblem.Random(new(250, 200, 8, 24)
        {
            Options = new() { Causal = true, Offset = -30, Window = (10, -1), KeysPerSegment = 64, RowsPerBlock = 100 },
        });

        AttentionResult result = WholeAttention.Compute(problem, Path);

        int[] without = [.. Enumerable.Range(0, 250).Where(row => row is < 30 or >= 240)];
        Assert.Equal(without, Enumerable.Range(0, 250).Where(row => float.IsNegativeInfinity(result.LseOf(0, 0, row))));
        Assert.All(without, row => Assert.All(result.OutputRow(0, 0, row).ToArray(), element => Assert.Equal(0f, element)));
    }

    [SkippableFact]
    public unsafe void A_cancelled_task_throws()
    {
        using NativeBuffer queries = Zeros(8);
        using PackedSegment segment = Packed(keys: 10, width: 8, value: 1);
        using var workspace = new Workspace();
        using var result = new Partial(1, 8);
        var task = new KernelTask(queries.Floats, 1, 0, 1, 1, BandMask.Full, segment);

        Assert.Throws<OperationCanceledException>(() =>
            KernelPaths.Create(Path).Compute(task, workspace, result, new CancellationToken(canceled: true)));
    }

    private protected static NativeBuffer Zeros(int floats)
    {
        var buffer = new NativeBuffer(sizeof(float) * (long)floats);
        buffer.Clear();
        return buffer;
    }

    /// <summary>A segment in which every element of K and V is the same.</summary>
    private protected PackedSegment Packed(int keys, int width, float value)
    {
        float[] rows = [.. Enumerable.Repeat(value, keys * width)];
        var segment = new PackedSegment(0, keys, width, width, columns: Path.PackedColumns());
        segment.PackKeys(0, rows);
        segment.PackValues(0, rows);
        return segment;
    }

    /// <summary>At most twice the error of a naive float32 attention.</summary>
    private protected void CheckErrors(AttentionCase one)
    {
        AttentionProblem problem = AttentionProblem.Random(one);

        var errors = Errors.Measure(problem, WholeAttention.Compute(problem, Path));

        Assert.InRange(errors.Output, 0, Math.Max(2 * errors.NaiveOutput, ErrorFloor));
        Assert.InRange(errors.Lse, 0, Math.Max(2 * errors.NaiveLse, ErrorFloor));
    }
}
