using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;
using CsCheck;

namespace AttentionCluster.Cluster.Tests.Jobs.Coordination;

/// <summary>Thousands of small jobs in worlds where all goes wrong that can; a failure names its seed.</summary>
public sealed class CoordinatorSimulationTests
{
    private const int Runs = 10_000;

    private static readonly Gen<AttentionPlan> SmallPlans =
        from rows in Gen.Int[1, 8]
        from keys in Gen.Int[1, 12]
        from heads in Gen.Int[1, 2]
        from batch in Gen.Int[1, 2]
        from rowsPerBlock in Gen.Int[1, 3]
        from keysPerSegment in Gen.Int[1, 3]
        from causal in Gen.Bool
        from offset in Gen.Long[-9, 9]
        from left in Gen.Long[-1, 4]
        select Plans.Of(
            new TensorShape(batch, heads, rows, 1), new TensorShape(batch, heads, keys, 1), new TensorShape(batch, heads, keys, 1),
            new AttentionOptions
            {
                Causal = causal,
                Offset = offset,
                Window = (left, -1),
                RowsPerBlock = rowsPerBlock,
                KeysPerSegment = keysPerSegment,
            });

    /// <summary>Machines may fail as often and as long as they like.</summary>
    private static readonly Gen<JobLimits> Limits =
        from inFlight in Gen.Int[1, 9]
        from attempts in Gen.Int[1, 4]
        from partials in Gen.Int[5, 40]
        select new JobLimits(inFlight, partials) { AttemptsMax = attempts, LossesMax = int.MaxValue, ProgressTimeout = TimeSpan.MaxValue };

    [Fact]
    public void Whatever_befalls_messages_and_workers_every_block_is_written_once_from_the_canonical_tree() =>
        Gen.Select(SmallPlans, Limits, Gen.Int).Sample((plan, limits, seed) =>
        {
            SimulatedJob job = new SimulatedJob(plan, limits, Faults.All, new Random(seed)).Run();

            Assert.IsType<JobEffect.Succeed>(job.End);
            Assert.Equal(plan.BlockCount, job.Written.Count);
            Assert.All(job.Written, block => Assert.Equal(Canonical(plan.Block(block.Key).Segments, level: 31, index: 0), block.Value));
        }, iter: Runs);

    [Fact]
    public void However_much_fails_the_job_ends_and_no_block_is_wrong() =>
        Gen.Select(SmallPlans, Limits, Gen.Int).Sample((plan, limits, seed) =>
        {
            var faults = Faults.All with { Failure = 0.4, LastFailure = 0.1, Pull = 0.4, Death = 0.1 };
            limits = limits with { LossesMax = 2, ProgressTimeout = TimeSpan.FromMinutes(5) };

            SimulatedJob job = new SimulatedJob(plan, limits, faults, new Random(seed)).Run();

            Assert.NotNull(job.End);
            Assert.True(job.End is JobEffect.Fail || job.Written.Count == plan.BlockCount);
            Assert.All(job.Written, block => Assert.Equal(Canonical(plan.Block(block.Key).Segments, level: 31, index: 0), block.Value));
        }, iter: Runs);

    [Fact]
    public void Partials_take_no_more_memory_than_is_reserved_for_them() =>
        Gen.Select(SmallPlans, Gen.Int[0, 20], Gen.Int).Sample((plan, more, seed) =>
        {
            JobLimits limits = new(TasksInFlight: 100, PartialsMax: 1 + MergeTree.LevelsOf(plan.SegmentCount) + more);

            SimulatedJob job = new SimulatedJob(plan, limits, default, new Random(seed)).Run();

            Assert.IsType<JobEffect.Succeed>(job.End);
            Assert.InRange(job.PartialsMax, 0, limits.PartialsMax);
        }, iter: Runs);

    /// <summary>The tree by its definition: a node covers the segments from <c>index * 2^level</c> on.</summary>
    private static string Canonical(KeyRange segments, int level, long index)
    {
        if (index << level >= segments.End || (index + 1) << level <= segments.Start)
            return "";
        if (level == 0)
            return $"{index}";
        string left = Canonical(segments, level - 1, 2 * index);
        string right = Canonical(segments, level - 1, (2 * index) + 1);
        return left.Length == 0 ? right : right.Length == 0 ? left : $"({left}+{right})";
    }
}
