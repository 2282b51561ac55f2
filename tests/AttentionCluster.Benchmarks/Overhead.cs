using System.Diagnostics;
using AttentionCluster.Cluster;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Partials;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server;

namespace AttentionCluster.Benchmarks;

/// <summary>
/// What the cluster costs: the same job by threads that call the kernel and nothing else, and through the embedded cluster,
/// turn by turn.
/// </summary>
internal static class Overhead
{
    private const int Turns = 7;
    private const int Threads = 2;
    private static readonly TensorShape s_shape = new(1, 8, 16384, 128);

    public static async Task RunAsync()
    {
        var options = new AttentionOptions { Causal = true };
        AttentionPlan plan = AttentionPlan.Create(AttentionShape.Create(s_shape, s_shape, s_shape, out _)!, options, out _)!;
        string directory = Directory.CreateTempSubdirectory("attn-overhead-").FullName;
        try
        {
            await using AttentionNode node = await AttentionNode.StartAsync(new NodeOptions { DataDirectory = directory, Threads = Threads }, default);
            var (q, k, v) = (node.Store.Generate("q", "q", s_shape, 1, default), node.Store.Generate("k", "k", s_shape, 1, default), node.Store.Generate("v", "v", s_shape, 1, default));
            using var direct = new DirectJob(plan);
            direct.Run(Threads);
            await node.Attention.RunAsync(new JobRequest("warm-up", q, k, v, options), null, default);

            double[] alone = new double[Turns], clustered = new double[Turns], ideal = new double[Turns], total = new double[Turns];
            for (int turn = 0; turn < Turns; turn++)
            {
                long start = Stopwatch.GetTimestamp();
                direct.Run(Threads);
                alone[turn] = Stopwatch.GetElapsedTime(start).TotalSeconds;
                JobOutcome outcome = await node.Attention.RunAsync(new JobRequest($"job-{turn}", q, k, v, options), null, default);
                clustered[turn] = outcome.Report.Seconds.Compute;
                ideal[turn] = outcome.Report.IdealFraction;
                total[turn] = outcome.Report.Seconds.Total;
                Console.WriteLine($"kernel alone {alone[turn]:f3} s, cluster's compute phase {clustered[turn]:f3} s (load {outcome.Report.Seconds.Load:f3}, merge {outcome.Report.Seconds.Merge:f3}, total {total[turn]:f3}), ideal_fraction {ideal[turn]:f3}");
            }

            double ratio = KernelSpeed.Median([.. alone.Zip(clustered, (a, c) => a / c)]);
            Console.WriteLine($"median: cluster at {ratio:f3} of the kernel alone ({plan.Flops / KernelSpeed.Median(alone) / 1e9:f0} GFLOP/s), ideal_fraction {KernelSpeed.Median(ideal):f3}");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>The tasks of a plan with one segment a head, handed out to threads by a counter.</summary>
    private sealed unsafe class DirectJob : IDisposable
    {
        private readonly AttentionPlan _plan;
        private readonly NativeBuffer _queries;
        private readonly PackedSegment[] _segments;

        internal DirectJob(AttentionPlan plan)
        {
            _plan = plan;
            TensorShape shape = plan.Shape.Query;
            _queries = new NativeBuffer(sizeof(float) * shape.ElementCount);
            _segments = new PackedSegment[shape.Heads];
            float[] numbers = new float[shape.Rows * shape.Width];
            for (int head = 0; head < shape.Heads; head++)
            {
                long first = shape.RowOffset(0, head, 0);
                _segments[head] = new PackedSegment(0, shape.Rows, shape.Width, shape.Width);
                StandardNormal.Fill(1, "k", shape, first, numbers);
                _segments[head].PackKeys(0, numbers);
                StandardNormal.Fill(1, "v", shape, first, numbers);
                _segments[head].PackValues(0, numbers);
                StandardNormal.Fill(1, "q", shape, first, _queries.FloatSpan(first, numbers.Length));
            }
        }

        internal void Run(int threads)
        {
            int next = -1;
            var running = new Thread[threads];
            for (int i = 0; i < threads; i++)
            {
                running[i] = new Thread(() =>
                {
                    using var workspace = new Workspace();
                    using var partial = new Partial(_plan.RowsPerBlock, _plan.Shape.ValueWidth);
                    IAttentionKernel kernel = KernelPaths.Create(_plan.Kernel);
                    while (Interlocked.Increment(ref next) is var index && index < _plan.BlockCount)
                    {
                        QueryBlock block = _plan.Block(index);
                        float* queries = _queries.Floats + _plan.Shape.Query.RowOffset(0, block.KvHead, block.FirstRow);
                        kernel.Compute(
                            new KernelTask(queries, 1, block.FirstRow, block.Rows, _plan.Scale, _plan.Mask, _segments[block.KvHead]),
                            workspace, partial, default);
                    }
                });
                running[i].Start();
            }

            foreach (Thread thread in running)
                thread.Join();
        }

        public void Dispose()
        {
            _queries.Dispose();
            foreach (PackedSegment segment in _segments)
                segment.Dispose();
        }
    }
}
