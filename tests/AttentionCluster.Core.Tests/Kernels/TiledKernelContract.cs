using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Kernels.Packing;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Partials;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Kernels;

/// <summary>What the fast paths must do besides.</summary>
public abstract class TiledKernelContract(KernelPath path) : KernelContract(path)
{
    [SkippableTheory]
    [MemberData(nameof(AccuracyCases.All), MemberType = typeof(AccuracyCases))]
    public void Errors_are_at_most_twice_those_of_a_naive_float32_attention(string name) => CheckErrors(AccuracyCases.ByName[name]);

    [SkippableTheory]
    [MemberData(nameof(OptionKinds.All), MemberType = typeof(OptionKinds))]
    public void How_keys_and_values_are_laid_out_changes_no_bit(string kind)
    {
        using OptionCombination job = OptionKinds.Create(kind);

        Assert.Equal(
            WholeAttention.Compute(job.Problem, Path, columns: 16).Sha256(),
            WholeAttention.Compute(job.Problem, Path, columns: PackedSegment.PanelKeysMax).Sha256());
    }

    [SkippableFact]
    public unsafe void A_task_allocates_nothing()
    {
        using NativeBuffer queries = Zeros(2 * 200 * 40);
        using PackedSegment segment = Packed(keys: 700, width: 40, value: float.NaN);
        using PackedSegment finite = Packed(keys: 700, width: 40, value: 1);

        AssertAllocatesNothing(
            2 * 200, 40, [.. new[] { segment, finite }.Select(packed =>
                new KernelTask(queries.Floats, 2, 0, 200, 1, new BandMask(-300, 300), packed))]);
    }

    [SkippableTheory]
    [MemberData(nameof(OptionKinds.All), MemberType = typeof(OptionKinds))]
    public unsafe void A_task_allocates_nothing_whatever_its_options(string kind)
    {
        using OptionCombination job = OptionKinds.Create(kind);
        AttentionPlan plan = job.Problem.Plan;
        QueryBlock block = Enumerable.Range(0, plan.BlockCount).Select(plan.Block).First(one => plan.SegmentsOf(one).Any());
        int index = plan.SegmentsOf(block).First();
        AuxiliarySlice slice = plan.SliceOf(block, index);
        using var auxiliary = new TaskTensors(slice);
        job.Problem.Auxiliary?.Fill(auxiliary, slice, block.Batch, block.KvHead);
        KeyRange keys = plan.SegmentKeys(index);
        using NativeBuffer queries = Zeros(plan.Shape.GroupSize * block.Rows * plan.Shape.KeyWidth);
        using PackedSegment finite = PackedAt(keys, plan.Shape, 1), notFinite = PackedAt(keys, plan.Shape, float.NaN);

        AssertAllocatesNothing(plan.PartialRows(block), plan.Shape.ValueWidth,
            [.. new[] { finite, notFinite }.Select(segment => new KernelTask(
            queries.Floats, plan.Shape.GroupSize, block.FirstRow, block.Rows, plan.Scale,
                auxiliary.Complete(plan.Rules.RangeOf(block.Batch)), segment,
            auxiliary.Complete(plan.Rules.ScoreModifierOf(block.Batch))))]);
    }

    private PackedSegment PackedAt(KeyRange keys, AttentionShape shape, float value)
    {
        var segment = new PackedSegment(keys.Start, keys.Count, shape.KeyWidth, shape.ValueWidth, columns: Path.PackedColumns());
        segment.PackKeys(0, [.. Enumerable.Repeat(1f, keys.Count * shape.KeyWidth)]);
        segment.PackValues(0, [.. Enumerable.Repeat(value, keys.Count * shape.ValueWidth)]);
        return segment;
    }

    private void AssertAllocatesNothing(int rows, int width, params KernelTask[] tasks)
    {
        using var workspace = new Workspace();
        using var result = new Partial(rows, width, hasShift: true);
        IAttentionKernel kernel = KernelPaths.Create(Path);

        // The first runs warm up; the runtime may still be replacing code, and allocate for that, in some of those that follow.
        long[] allocated = [.. Enumerable.Range(0, 10).Select(_ => ComputeAll())];

        Assert.True(allocated.Contains(0), $"allocated bytes of each run: {string.Join(", ", allocated)}");

        long ComputeAll()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            foreach (ref readonly KernelTask task in tasks.AsSpan())
                kernel.Compute(task, workspace, result, CancellationToken.None);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }
}
