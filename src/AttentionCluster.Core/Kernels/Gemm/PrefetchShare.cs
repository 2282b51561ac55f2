using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using AttentionCluster.Core.Kernels.Packing;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Kernels.Gemm;

/// <summary>
/// A run of K or V that is read next, which several row groups ask for together, to be in the level-2 cache by then. Each asks for its
/// part, spread over its arithmetic: memory takes only some dozen requests at a time.
/// </summary>
internal readonly unsafe struct PrefetchShare
{
    /// <summary>
    /// From so many row groups on, arithmetic takes longer than memory does for the next run, and there is time to ask for more.
    /// </summary>
    internal const int ManyGroups = 8;

    private readonly byte* _first;
    private readonly int _part;
    private readonly int _share;

    /// <summary>Nothing is asked for yet.</summary>
    /// <param name="run">What will be read.</param>
    /// <param name="elements">How much of it.</param>
    /// <param name="groups">How many row groups ask.</param>
    /// <param name="steps">Of the sums of one group.</param>
    internal PrefetchShare(PackedMatrix run, int elements, int groups, int steps)
    {
        if (!Sse.IsSupported)
            return;
        _first = run.First;
        _part = IntegerMath.DivideUp(elements * run.Type.ByteSize(), Prefetch.CacheLine * groups) * Prefetch.CacheLine;
        _share = IntegerMath.DivideUp(_part, Prefetch.CacheLine * Math.Max(1, steps / Prefetch.Steps)) * Prefetch.CacheLine;
    }

    /// <summary>What one of the groups asks for, from 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Prefetch Part(int group)
    {
        byte* first = _first + ((nint)group * _part);
        return new Prefetch(first, first + _part, _share);
    }
}
