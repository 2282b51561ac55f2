using System.Collections.Concurrent;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Kernels.Packing;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Measuring;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Partials;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Measuring;

public unsafe class DirectJobTests
{
    private static readonly TensorShape s_keys = new(1, 2, 150, 5);

    [Fact]
    public void The_context_holds_the_random_rows_of_every_segment()
    {
        AttentionPlan plan = Plan(new TensorShape(1, 2, 3, 5));
        using var team = new ThreadTeam(2);
        using var context = new PackedContext(plan, team);
        float[] k = new float[s_keys.ElementCount], v = new float[s_keys.ElementCount];
        StandardNormal.Fill(1, "k", s_keys, 0, k);
        StandardNormal.Fill(1, "v", s_keys, 0, v);

        for (int head = 0; head < s_keys.Heads; head++)
        {
            for (int key = 0; key < s_keys.Rows; key++)
            {
                PackedSegment segment = context.Segment(head, key / plan.KeysPerSegment);
                long row = s_keys.RowOffset(0, head, key);
                Assert.Equal(k[row + 4], segment.Key(key % plan.KeysPerSegment, 4));
                Assert.Equal(v[row + 4], segment.Value(key % plan.KeysPerSegment, 4));
            }
        }

        Assert.Equal(PackedContext.ByteLengthOf(plan), context.ByteLength);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Every_task_is_computed_once_in_each_run_from_its_rows_and_its_keys(int threads)
    {
        AttentionPlan plan = Plan(new TensorShape(1, 2, 1000, 5));
        using var team = new ThreadTeam(threads);
        using var context = new PackedContext(plan, team);
        var kernel = new RecordingKernel(KernelPaths.Create(KernelPath.Portable));
        using var job = new DirectJob(plan, context, team, kernel);

        for (int run = 1; run <= 2; run++)
        {
            job.Run();

            Assert.Equal(plan.TaskCount * run, kernel.Partials.Count);
            ILookup<string, string> partials = kernel.Partials.ToLookup(task => task.Task, task => task.Partial);
            Assert.All(Expected(plan, context), task => Assert.Equal(Enumerable.Repeat(task.Partial, run), partials[task.Task]));
        }
    }

    [Fact]
    public void Groups_of_heads_are_refused()
    {
        using var team = new ThreadTeam(1);
        AttentionPlan plan = Plan(new TensorShape(1, 4, 3, 5));
        using var context = new PackedContext(plan, team);

        Assert.Throws<ArgumentException>(() => new DirectJob(plan, context, team, KernelPaths.Create(KernelPath.Portable)));
    }

    private static AttentionPlan Plan(TensorShape query) => AttentionPlan.Create(
        AttentionShape.Create(query, s_keys, s_keys, out _)!,
            new AttentionOptions { KeysPerSegment = 64, RowsPerBlock = 250, Causal = true }, out _)!;

    /// <summary>Each task by the kernel alone, from random queries that the test has made.</summary>
    private static List<(string Task, string Partial)> Expected(AttentionPlan plan, PackedContext context)
    {
        var kernel = new RecordingKernel(KernelPaths.Create(KernelPath.Portable));
        using var workspace = new Workspace();
        using var queries = new NativeBuffer(sizeof(float) * plan.Shape.Query.ElementCount);
        StandardNormal.Fill(1, "q", plan.Shape.Query, 0, queries.FloatSpan(0, (int)plan.Shape.Query.ElementCount));
        foreach (QueryBlock block in Enumerable.Range(0, plan.BlockCount).Select(plan.Block))
        {
            foreach (int segment in plan.SegmentsOf(block))
            {
                using var partial = new Partial(block.Rows, plan.Shape.ValueWidth);
                float* rows = queries.Floats + plan.Shape.Query.RowOffset(0, block.KvHead, block.FirstRow);
                kernel.Compute(
                    new KernelTask(rows, 1, block.FirstRow, block.Rows, plan.Scale, plan.Mask, context.Segment(block.KvHead, segment)),
                    workspace, partial, default);
            }
        }

        return [.. kernel.Partials];
    }

    /// <summary>
    /// Keeps what another kernel computes: the bits of each partial, under the first query row and the segment's first key.
    /// </summary>
    private sealed class RecordingKernel(IAttentionKernel kernel) : IAttentionKernel
    {
        internal ConcurrentQueue<(string Task, string Partial)> Partials { get; } = new();

        public void Compute(in KernelTask task, Workspace workspace, Partial result, CancellationToken cancellationToken)
        {
            kernel.Compute(task, workspace, result, cancellationToken);
            string row = Convert.ToHexString(new ReadOnlySpan<byte>(task.Queries, task.Segment.KeyWidth * sizeof(float)));
            string bits = Convert.ToHexString(result.Buffer.Slice(0, (int)result.Buffer.ByteLength));
            Partials.Enqueue(($"{row} against {task.Segment.FirstKey}", bits));
        }
    }
}
