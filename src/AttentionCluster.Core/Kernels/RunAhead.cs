using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Kernels;

/// <summary>
/// Asks for the run of K or V after the one that is computed with, to be in the level-2 cache by then. Tiles of few rows are bound by memory, which
/// would idle where the processor's own prefetchers stop (at each 4 KiB), and while later row groups compute with what the first has read. Each
/// group asks for its part, a little every few steps, since memory takes only some dozen requests at a time.
/// </summary>
internal unsafe struct RunAhead : IAhead
{
    private const int PageBytes = 4096;

    private readonly nint _share;
    private byte* _next;

    private RunAhead(byte* next, nint share)
    {
        _next = next;
        _share = share;
    }

    /// <summary>Whether there is nothing to ask for.</summary>
    internal readonly bool IsEmpty => _share == 0;

    /// <summary>For a group that is alone: what comes a page after what it computes with.</summary>
    /// <param name="run">What is computed with.</param>
    /// <param name="elementsPerStep">How much of it one step of a sum takes.</param>
    internal static RunAhead Along(PackedMatrix run, int elementsPerStep) =>
        Sse.IsSupported ? new(run.First + PageBytes, IAhead.Steps * elementsPerStep * run.Type.ByteSize()) : default;

    /// <summary>For one of several groups: its part of the next run.</summary>
    /// <param name="next">What will be read.</param>
    /// <param name="elements">How much of it.</param>
    /// <param name="group">Which row group asks.</param>
    /// <param name="groups">How many there are; nothing is asked for where they are as many as <see cref="Prefetch"/> is for.</param>
    /// <param name="steps">Of the sums of one group.</param>
    internal static RunAhead Part(PackedMatrix next, int elements, int group, int groups, int steps)
    {
        if (!Sse.IsSupported || groups >= Prefetch.GroupsMin)
            return default;
        int bytes = AttentionPlan.DivideUp(elements * next.Type.ByteSize(), groups);
        nint share = AttentionPlan.DivideUp(bytes, Prefetch.CacheLine * Math.Max(1, steps / IAhead.Steps)) * Prefetch.CacheLine;
        return new RunAhead(next.First + ((nint)group * bytes), share);
    }

    /// <summary>What is left to ask for after some steps.</summary>
    internal readonly RunAhead After(nint steps) => new(_next + (steps / IAhead.Steps * _share), _share);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Ask()
    {
        for (byte* end = _next + _share; _next < end; _next += Prefetch.CacheLine)
            Sse.Prefetch1(_next);
    }
}
