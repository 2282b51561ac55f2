using static AttentionCluster.Benchmarks.Peers.LibtorchApi;

namespace AttentionCluster.Benchmarks.Differential;

/// <summary>libtorch's flash attention, which adds a mask to scores, and knows neither softcap nor sink logits.</summary>
internal static unsafe class LibtorchOracle
{
    public static bool CanExpress(DenseJob job) => job.Softcap is null;

    public static DenseResult Compute(DenseJob job)
    {
        // Its own causal way is another than that by a mask, and is tried too.
        bool byFlag = job.IsPlainCausal && job.Rows == job.Keys;
        nint query = Borrow(job.Query.Pointer, job.Batch, job.Heads, job.Rows, job.Width);
        nint key = Borrow(job.Key.Pointer, job.Batch, job.Heads, job.Keys, job.Width);
        nint value = Borrow(job.Value.Pointer, job.Batch, job.Heads, job.Keys, job.Width);
        nint mask = Borrow(job.Mask.Pointer, job.Batch, job.Heads, job.Rows, job.Keys);
        double scale = job.Scale;
        Check(Attention(query, key, value, 0, byFlag ? 1 : 0, job.IsPlain || byFlag ? null : &mask, &scale, out nint output, out nint lse));
        var result = new DenseResult(Read(output, [job.Batch, job.Heads, job.Rows, job.Width]),
            Read(lse, [job.Batch, job.Heads, job.Rows]));
        foreach (nint tensor in (nint[])[query, key, value, mask, output, lse])
            Check(Delete(tensor));
        return result;
    }

    /// <summary>Its results lie in memory in another order than their axes.</summary>
    private static float[] Read(nint tensor, int[] axes)
    {
        Check(Data(tensor, out nint data));
        Check(Strides(tensor, out long* strides));
        float[] elements = new float[axes.Aggregate(1, (all, axis) => all * axis)];
        for (int i = 0; i < elements.Length; i++)
        {
            long at = 0;
            int left = i;
            for (int axis = axes.Length - 1; axis >= 0; axis--)
            {
                at += left % axes[axis] * strides[axis];
                left /= axes[axis];
            }

            elements[i] = ((float*)data)[at];
        }

        return elements;
    }
}
