using System.Diagnostics;
using AttentionCluster.Benchmarks;
using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Partials;
using AttentionCluster.Core.Tensors;

foreach (var (n, d, causal) in new[] { (4096, 128, false), (4096, 128, true), (4096, 64, false), (4096, 64, true), (4096, 40, false), (4096, 80, false), (4096, 96, false),(4096, 256, false) })
{
    foreach (KernelPath path in args.Length > 0 ? args.Select(a => Enum.Parse<KernelPath>(a, true)) : [KernelPath.Avx512, KernelPath.Avx2])
        Probe(n, d, causal, path);
}

static unsafe void Probe(int n, int d, bool causal, KernelPath path)
{
    var random = new Random(1);
    float[] k = new float[n * d], v = new float[n * d];
    using var q = new NativeBuffer(4L * n * d);
    for (int i = 0; i < n * d; i++)
    {
        k[i] = (float)(random.NextDouble() * 2 - 1);
        v[i] = (float)(random.NextDouble() * 2 - 1);
        q.Floats[i] = (float)(random.NextDouble() * 2 - 1);
    }
    using var segment = new PackedSegment(0, n, d, d);
    segment.PackKeys(0, k);
    segment.PackValues(0, v);
    using var workspace = new Workspace();
    using var partial = new Partial(1024, d);
    IAttentionKernel kernel = KernelPaths.Create(path);
    BandMask mask = causal ? new BandMask(-BandMask.Open, 0) : BandMask.Full;
    double best = 0, limit = 0;
    long pairs = mask.CountVisible(0, n, new KeyRange(0, n));
    for (int turn = 0; turn < 12; turn++)
    {
        limit = Math.Max(limit, FmaLimit.Measure());
        long start = Stopwatch.GetTimestamp();
        for (int row = 0; row < n; row += 1024)
            kernel.Compute(new KernelTask(q.Floats + (long)row * d, 1, row, Math.Min(1024, n - row), 1 / Math.Sqrt(d), mask, segment), workspace, partial, default);
        best = Math.Max(best, 4.0 * d * pairs / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9);
    }
    Console.WriteLine($"{path} n={n} d={d} causal={causal} {best:f1} of {limit:f1}: {best / limit:f3}");
}
