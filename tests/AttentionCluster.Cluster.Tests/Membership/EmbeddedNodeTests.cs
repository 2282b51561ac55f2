using System.Collections.Concurrent;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Tests.Membership;

/// <summary>Jobs through a real cluster of one node.</summary>
public sealed class EmbeddedNodeTests(RunningNode node) : IClassFixture<RunningNode>
{
    private static readonly AttentionOptions Verified = new() { VerifyRows = 64, KeysPerSegment = 48, RowsPerBlock = 40 };

    private static readonly Dictionary<string, JobKind> Kinds = new()
    {
        ["full"] = new(Verified, new(1, 2, 200, 32), new(1, 2, 200, 32), new(1, 2, 200, 32)),
        ["causal"] = new(Verified with { Causal = true }, new(1, 2, 200, 32), new(1, 2, 200, 32), new(1, 2, 200, 32)),
        ["three query heads a KV head"] = new(Verified with { Causal = true }, new(1, 6, 130, 16), new(1, 2, 210, 16), new(1, 2, 210, 16)),
        ["one KV head, a wider V, batch 2"] = new(Verified, new(2, 3, 90, 20), new(2, 1, 150, 20), new(2, 1, 150, 70)),
        ["float16, a narrower V"] =
            new(Verified with { Causal = true }, new(1, 2, 150, 33), new(1, 2, 150, 33), new(1, 2, 150, 5), ElementType.Float16),
        ["bfloat16"] = new(Verified, new(1, 2, 150, 8), new(1, 2, 150, 8), new(1, 2, 150, 8), ElementType.BFloat16),
        ["more queries than keys"] = new(Verified with { Causal = true }, new(1, 1, 300, 16), new(1, 1, 100, 16), new(1, 1, 100, 16)),
        ["top left"] = new(Verified with { Causal = true, Align = CausalAlignment.TopLeft }, new(1, 1, 100, 16), new(1, 1, 300, 16),
            new(1, 1, 300, 16)),
        ["one of everything"] = new(Verified, new(1, 1, 1, 1), new(1, 1, 1, 1), new(1, 1, 1, 1)),
        ["float16 out"] = new(Verified with { Output = OutputType.Float16 }, new(1, 2, 150, 33), new(1, 2, 150, 33), new(1, 2, 150, 5)),
        ["bfloat16 out, some rows see nothing"] =
            new(Verified with { Output = OutputType.BFloat16, Causal = true }, new(1, 1, 300, 16), new(1, 1, 100, 16), new(1, 1, 100, 16)),
        ["bfloat16 in and out"] =
            new(Verified with { Output = OutputType.SameAsInput }, new(1, 2, 150, 8), new(1, 2, 150, 8), new(1, 2, 150, 8),
            ElementType.BFloat16),
        ["float64 in and the same out"] =
            new(Verified with { Output = OutputType.SameAsInput }, new(1, 2, 150, 8), new(1, 2, 150, 8), new(1, 2, 150, 8),
            ElementType.Float64),
        ["rank 2, defaults"] = new(new() { VerifyRows = 8 }, new(1, 1, 60, 16, 2), new(1, 1, 60, 16, 2), new(1, 1, 60, 16, 2)),
    };

    public static TheoryData<string> KindNames { get; } = [.. Kinds.Keys];

    [Theory]
    [MemberData(nameof(KindNames))]
    public async Task A_result_is_that_of_the_core_bit_for_bit_and_verifies(string kind)
    {
        (AttentionOptions options, TensorShape query, TensorShape key, TensorShape value, ElementType type) = Kinds[kind];
        JobRequest job = node.Job(options, query, key, value, type);

        JobOutcome outcome = await node.RunAsync(job);

        (float[] output, float[] lse) = CoreAttention.Compute(PlanOf(job), job.Query, job.Key, job.Value);
        ElementType written = options.WithOutputFor(type).Output.ToElementType();
        byte[] rounded = new byte[output.Length * written.ByteSize()];
        written.FromSingle(output, rounded);
        written.ToSingle(rounded, output);
        using TensorFile result = TensorFile.Open(outcome.ResultPath!);
        Assert.Equal(written, result.Find("o")!.Type);
        Assert.Equal((CoreAttention.Sha256(output), CoreAttention.Sha256(lse)), (outcome.Report.OutputSha256, outcome.Report.LseSha256));
        Assert.True(outcome.Report.Verify!.Ok, $"{outcome.Report.Verify}");
    }

    [Theory]
    [InlineData(ElementType.Float64, 1)]
    [InlineData(ElementType.Float32, 0)]
    public async Task To_ask_for_the_type_of_a_float64_input_is_answered_with_a_warning(ElementType type, int warnings)
    {
        var shape = new TensorShape(1, 1, 10, 8);
        JobOutcome outcome = await node.RunAsync(node.Job(new() { Output = OutputType.SameAsInput }, shape, shape, shape, type));

        Assert.Equal(warnings,
            outcome.Report.Warnings.Count(warning => warning.Contains("the output is float32", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Values_beyond_float16_become_its_largest_number_and_the_first_is_named()
    {
        TensorShape shape = new(1, 1, 1, 1), keys = new(1, 1, 2, 1);
        var options = new AttentionOptions { VerifyRows = 1, Output = OutputType.Float16 };
        JobOutcome outcome = await node.RunAsync(node.JobOf(options, (shape, [0]), (keys, [0, 0]), (keys, [1e6f, 2e5f])));

        using TensorFile result = TensorFile.Open(outcome.ResultPath!);
        byte[] written = new byte[2];
        result.Read(result.Find("o")!, 0, written);
        Assert.Equal(Half.MaxValue, BitConverter.ToHalf(written));
        Assert.StartsWith("o has the largest F16, 65504, at [0,0,0,0]", Assert.Single(outcome.Report.Warnings), StringComparison.Ordinal);
        Assert.True(outcome.Report.Verify!.Ok, $"{outcome.Report.Verify}");
    }

    [Theory]
    [InlineData(1e30f, 1f, "float32 can't hold")]
    [InlineData(float.NaN, 1f, "q has NaN")]
    public async Task A_row_that_is_not_finite_is_named_once_by_its_input_or_as_what_float32_can_not_hold(float q, float scale,
        string words)
    {
        // Scores of 1e60; row 1 is as usual.
        TensorShape queries = new(1, 1, 2, 1), keys = new(1, 1, 2, 1);
        JobOutcome outcome =
            await node.RunAsync(node.JobOf(new() { Scale = scale }, (queries, [1e-30f, q]), (keys, [1e30f, 1e30f]), (keys, [1, 2])));

        string warning = Assert.Single(outcome.Report.Warnings);
        Assert.Contains(words, warning, StringComparison.Ordinal);
        if (float.IsFinite(q))
            Assert.StartsWith("the result is not finite at batch 0, head 0, row 1", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_that_see_no_key_are_zero_with_minus_infinity()
    {
        JobRequest job = node.Job(Verified with { Causal = true, Offset = -1000 }, new TensorShape(1, 2, 100, 8));

        JobOutcome outcome = await node.RunAsync(job);

        using TensorFile result = TensorFile.Open(outcome.ResultPath!);
        Assert.All(Floats(result, "o"), element => Assert.Equal(0, element));
        Assert.All(Floats(result, "lse"), element => Assert.Equal(float.NegativeInfinity, element));
        Assert.Equal((0, 0.0, 0L), (outcome.Report.Tasks, outcome.Report.Flops, outcome.Report.TilesComputed));
    }

    [Fact]
    public async Task The_report_agrees_with_the_plan_the_file_and_itself()
    {
        JobRequest job = node.Job(Verified with { Causal = true }, new TensorShape(1, 2, 200, 32));
        AttentionPlan plan = PlanOf(job);

        JobReport report = (await node.RunAsync(job)).Report;

        Assert.Equal((job.Id, JobState.Succeeded, 0), (report.Id, report.State, report.Retries));
        Assert.Equal((plan.TaskCount, plan.TilesComputed, plan.TilesSkipped, plan.Flops),
            (report.Tasks, report.TilesComputed, report.TilesSkipped, report.Flops));
        Assert.Equal((48, 40), (report.KeysPerSegment, report.RowsPerBlock));
        Assert.Equal(("node", 2), (Assert.Single(report.Workers), report.Threads));
        Assert.Equal(report.Seconds.Total, report.Seconds.Queued + report.Seconds.Load + report.Seconds.Compute + report.Seconds.Merge,
            1e-6);
        Assert.All([report.Seconds.Queued, report.Seconds.Load, report.Seconds.Compute, report.Seconds.Merge], seconds =>
            Assert.True(seconds >= 0));
        Assert.True(report.Gflops > 0 && report.IdealFraction > 0);
        Assert.Equal(64, report.Verify!.Rows);

        // K and V once, the queries at least once, and a partial of every task.
        Assert.True(report.BytesMoved > 3 * 2 * 200 * 32 * sizeof(float));
    }

    [Fact]
    public async Task The_hashes_of_the_report_are_those_of_the_file()
    {
        JobOutcome outcome = await node.RunAsync(node.Job(Verified, new TensorShape(1, 2, 200, 32)));

        using TensorFile result = TensorFile.Open(outcome.ResultPath!);
        Assert.Equal(CoreAttention.Sha256(Floats(result, "o")), outcome.Report.OutputSha256);
        Assert.Equal(CoreAttention.Sha256(Floats(result, "lse")), outcome.Report.LseSha256);
        Assert.Equal(outcome.Report.OutputSha256, result.Metadata["o_sha256"]);
    }

    [Fact]
    public async Task Progress_counts_every_task_once()
    {
        var done = new List<int>();
        JobRequest job = node.Job(Verified, new TensorShape(1, 2, 200, 32));

        await node.RunAsync(job, new ProgressCall(progress => done.Add(progress.TasksDone)));

        Assert.Equal(Enumerable.Range(1, PlanOf(job).TaskCount), done);
    }

    [Fact]
    public async Task Jobs_that_are_started_at_once_run_one_after_the_other_and_all_succeed()
    {
        JobRequest[] jobs = [.. Enumerable.Range(0, 3).Select(_ => node.Job(Verified, new TensorShape(1, 2, 200, 32)))];
        var merged = new ConcurrentQueue<string>();

        JobOutcome[] outcomes = await Task.WhenAll(jobs.Select(job => node.RunAsync(job, new ProgressCall(_ => merged.Enqueue(job.Id)))));

        Assert.All(outcomes, outcome => Assert.Equal(JobState.Succeeded, outcome.Report.State));
        Assert.Single(outcomes.Select(outcome => outcome.Report.OutputSha256).Distinct());
        string[] order = [.. merged];
        Assert.Equal(jobs.Length, 1 + order.Zip(order.Skip(1)).Count(pair => pair.First != pair.Second));
    }

    private static AttentionPlan PlanOf(JobRequest job) => Plans.Of(job.Query.Shape, job.Key.Shape, job.Value.Shape, job.Options);

    private static float[] Floats(TensorFile file, string name)
    {
        TensorEntry entry = file.Find(name)!;
        byte[] bytes = new byte[entry.ByteLength];
        file.Read(entry, 0, bytes);
        return System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes).ToArray();
    }

    private sealed record JobKind(
        AttentionOptions Options, TensorShape Query, TensorShape Key, TensorShape Value, ElementType Type = ElementType.Float32);
}
