using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Kernels.Simd;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Measuring;

/// <summary>How fast memory can be read: plain loads of the widest vectors over a buffer, each thread its own part.</summary>
internal sealed unsafe class ReadBandwidth : IDisposable
{
    /// <summary>What one step of the loop reads: four vectors of 512 bits. Parts are whole steps.</summary>
    private const int StepBytes = 256;

    /// <summary>Every byte of the buffer: floats of 0.75, of which no sum is a slow denormal.</summary>
    private const byte Filling = 0x3F;

    /// <summary>What is read to warm up: small, so that little of the buffer is in the cache when the clock starts.</summary>
    private const long WarmUpBytes = 64 << 10;

    private readonly ThreadTeam _team;
    private readonly NativeBuffer _buffer;
    private readonly long _partBytes;

    /// <summary>Makes a buffer, which every thread writes its part of first, so that the memory is near it.</summary>
    /// <param name="team">The threads.</param>
    /// <param name="bytes">Of the buffer: what is to be compared with reads as much.</param>
    public ReadBandwidth(ThreadTeam team, long bytes)
    {
        _team = team;
        _partBytes = Math.Max(1, bytes / team.Threads / StepBytes) * StepBytes;
        _buffer = new NativeBuffer(_partBytes * team.Threads);
        _team.Run(thread => NativeMemory.Fill(Part(thread), (nuint)_partBytes, Filling));
    }

    /// <summary>Reads the buffer, a small one several times.</summary>
    /// <returns>GB/s (10^9 bytes) of the team's threads side by side.</returns>
    public double Measure(TimeProvider clock) =>
        KernelPaths.IsSupported(KernelPath.Avx512) ? Measure<Vector512<float>, Avx512Simd>(clock) :
        KernelPaths.IsSupported(KernelPath.Avx2) ? Measure<Vector256<float>, Avx2Simd>(clock) :
        Vector128.IsHardwareAccelerated ? Measure<Vector128<float>, PortableSimd<SeparateMultiplyAdd>>(clock) :
        Measure<Quad, ScalarSimd<SeparateMultiplyAdd>>(clock);

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();

    private double Measure<TVector, TSimd>(TimeProvider clock)
        where TVector : struct
        where TSimd : struct, ISimd<TVector>
    {
        double bytesPerSecond = SideBySide.Rate(
            _team,
            clock,
            thread => Read<TVector, TSimd>(Part(thread), Math.Min(_partBytes, WarmUpBytes)),
            thread =>
            {
                Read<TVector, TSimd>(Part(thread), _partBytes);
                return _partBytes;
            });
        return bytesPerSecond / 1e9;
    }

    private float* Part(int thread) => (float*)(_buffer.Pointer + (thread * _partBytes));

    /// <summary>Reads every float of a part, which is whole steps.</summary>
    /// <returns>The largest lane of the sum of its vectors, so that nothing of the loop can be left out.</returns>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal static float Read<TVector, TSimd>(float* part, long bytes)
        where TVector : struct
        where TSimd : struct, ISimd<TVector>
    {
        TVector a = default, b = default, c = default, d = default;
        float* end = part + (bytes / sizeof(float));
        for (; part < end; part += 4 * TSimd.Lanes)
        {
            a = TSimd.Add(a, TSimd.Load(part));
            b = TSimd.Add(b, TSimd.Load(part + TSimd.Lanes));
            c = TSimd.Add(c, TSimd.Load(part + (2 * TSimd.Lanes)));
            d = TSimd.Add(d, TSimd.Load(part + (3 * TSimd.Lanes)));
        }

        return TSimd.MaxLane(TSimd.Add(TSimd.Add(a, b), TSimd.Add(c, d)));
    }
}
