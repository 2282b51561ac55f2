using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using AttentionCluster.Core.Kernels.Packing;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Kernels.Gemm;

/// <summary>
/// Asks for a stretch of memory that will be read soon, to be in the level-2 cache by then: some lines every few steps of a sum, not all at
/// once, because loads that wait behind a row of requests hold up the arithmetic.
/// </summary>
internal unsafe struct Prefetch
{
    /// <summary>Steps of a sum from one call of <see cref="Issue"/> to the next: as many as the microkernels are unrolled by.</summary>
    internal const int Steps = 4;

    internal const int CacheLine = 64;

    private const int PageBytes = 4096;

    private readonly byte* _end;
    private readonly nint _share;
    private byte* _next;

    /// <summary>A stretch of memory.</summary>
    /// <param name="next">Its first byte.</param>
    /// <param name="end">Behind its last.</param>
    /// <param name="share">Bytes that are asked for at a time.</param>
    internal Prefetch(byte* next, byte* end, nint share)
    {
        _next = next;
        _end = end;
        _share = share;
    }

    /// <summary>
    /// For a row group that is alone: what comes a page after what it computes with. The processor's own prefetchers stop at each page.
    /// </summary>
    /// <param name="run">What is computed with.</param>
    /// <param name="elementsPerStep">How much of it one step of a sum takes.</param>
    internal static Prefetch Along(PackedMatrix run, int elementsPerStep) =>
        Sse.IsSupported ? new(run.First + PageBytes, (byte*)nint.MaxValue, Steps * elementsPerStep * run.Type.ByteSize()) : default;

    /// <summary>What is left to ask for after some steps.</summary>
    internal readonly Prefetch After(nint steps) => new(_next + (steps / Steps * _share), _end, _share);

    /// <summary>Asks for the share of the next steps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Issue()
    {
        for (byte* end = _next + _share; _next < end && _next < _end; _next += CacheLine)
            Sse.Prefetch1(_next);
    }
}
