using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Packing;
using AttentionCluster.Core.Measuring;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Measuring;

public class DirectJobTests
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

    [Fact]
    public void A_job_over_several_segments_and_threads_runs()
    {
        AttentionPlan plan = Plan(new TensorShape(1, 2, 1000, 5));
        using var team = new ThreadTeam(3);
        using var context = new PackedContext(plan, team);
        using var job = new DirectJob(plan, context, team);

        job.Run();
        job.Run();
    }

    [Fact]
    public void Groups_of_heads_are_refused()
    {
        using var team = new ThreadTeam(1);
        AttentionPlan plan = Plan(new TensorShape(1, 4, 3, 5));
        using var context = new PackedContext(plan, team);

        Assert.Throws<ArgumentException>(() => new DirectJob(plan, context, team));
    }

    private static AttentionPlan Plan(TensorShape query) => AttentionPlan.Create(
        AttentionShape.Create(query, s_keys, s_keys, out _)!, new AttentionOptions { KeysPerSegment = 64, Causal = true }, out _)!;
}
