using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Partials;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Kernels;

/// <summary>What the fast paths must do besides.</summary>
public abstract class TiledKernelContract(KernelPath path) : KernelContract(path)
{
    [SkippableTheory]
    [MemberData(nameof(AccuracyCases.All), MemberType = typeof(AccuracyCases))]
    public void Errors_are_at_most_twice_those_of_a_naive_float32_attention(string name) => CheckErrors(AccuracyCases.ByName[name]);

    [SkippableFact]
    public unsafe void A_task_allocates_nothing()
    {
        using NativeBuffer queries = Zeros(2 * 200 * 40);
        using PackedSegment segment = Packed(keys: 700, width: 40, value: float.NaN);
        using PackedSegment finite = Packed(keys: 700, width: 40, value: 1);
        using var workspace = new Workspace();
        using var result = new Partial(2 * 200, 40);
        IAttentionKernel kernel = KernelPaths.Create(Path);
        KernelTask[] tasks = [.. new[] { segment, finite }.Select(packed => new KernelTask(queries.Floats, 2, 0, 200, 1, new BandMask(-300, 300), packed))];

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
