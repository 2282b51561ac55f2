using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Kernels;

/// <summary>
/// Asks for what will be read next, to be in the level-2 cache by then: each row group of a tall tile asks for its share, so that the
/// requests are spread over the arithmetic. Otherwise the first row group would wait for memory alone.
/// </summary>
internal unsafe struct Prefetch
{
    internal const int CacheLine = 64;

    /// <summary>Fewer row groups are done before memory could answer, and more requests at a time would only queue.</summary>
    internal const int GroupsMin = 8;

    private readonly byte* _end;
    private readonly nint _share;
    private byte* _next;

    /// <summary>Nothing is asked for yet.</summary>
    /// <param name="matrix">What will be read.</param>
    /// <param name="elements">How much of it.</param>
    /// <param name="groups">How many row groups there are.</param>
    /// <param name="passes">How often each of them will ask.</param>
    internal Prefetch(PackedMatrix matrix, int elements, int groups, int passes = 1)
    {
        int bytes = Sse.IsSupported && groups >= GroupsMin ? elements * matrix.Type.ByteSize() : 0;
        _next = matrix.First;
        _end = _next + bytes;
        _share = AttentionPlan.DivideUp(bytes, CacheLine * groups * passes) * CacheLine;
    }

    /// <summary>Asks for the share of one row group in one pass.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Next()
    {
        for (byte* end = _next + _share; _next < end && _next < _end; _next += CacheLine)
            Sse.Prefetch1(_next);
    }
}
