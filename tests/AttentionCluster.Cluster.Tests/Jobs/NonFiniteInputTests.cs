using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Tests.Membership;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Tests.Jobs;

/// <summary>NaN and infinities in the input: said where they count, of no matter where they are masked.</summary>
public sealed class NonFiniteInputTests(RunningNode node) : IClassFixture<RunningNode>
{
    private static readonly TensorShape Queries = new(2, 4, 6, 8);
    private static readonly TensorShape Keys = new(2, 2, 30, 8);

    /// <summary>The last query row sees all keys, the first all but the last five.</summary>
    private static readonly AttentionOptions Causal = new() { Causal = true, KeysPerSegment = 16, RowsPerBlock = 16 };

    [Theory]
    [InlineData(0, 1, 3, 5, 7, float.NaN, "q has NaN at [1,3,5,7]")]
    [InlineData(1, 0, 1, 29, 0, float.NegativeInfinity, "k has -Infinity at [0,1,29,0]")]
    [InlineData(2, 1, 0, 0, 3, float.PositiveInfinity, "v has Infinity at [1,0,0,3]")]
    public async Task The_first_one_is_named_and_the_result_is_what_arithmetic_gives(int tensor, int batch, int head, int row, int column,
        float number, string words)
    {
        float[][] numbers = Numbers();
        numbers[tensor][Element(tensor, batch, head, row, column)] = number;
        JobRequest job = Job(Causal, numbers);

        JobOutcome outcome = await node.RunAsync(job);

        Assert.Equal(JobState.Succeeded, outcome.Report.State);
        Assert.Equal(words, Assert.Single(outcome.Report.Warnings));
        (float[] output, _) = CoreAttention.Compute(Plans.Of(Queries, Keys, Keys, Causal), job.Query, job.Key, job.Value);
        Assert.Equal(CoreAttention.Sha256(output), outcome.Report.OutputSha256);
        Assert.Contains(output, element => !float.IsFinite(element));

        JobOutcome refused = await node.RunAsync(Job(Causal with { RejectNonFinite = true }, numbers));
        Assert.Equal((JobState.Failed, "nonfinite-input", 0L),
            (refused.Report.State, refused.Refusal!.Code.Name(), refused.Report.BytesMoved));
        Assert.StartsWith(words, refused.Refusal.Message, StringComparison.Ordinal);
        Assert.Null(refused.ResultPath);
    }

    [Fact]
    public async Task What_the_mask_hides_whole_may_hold_anything()
    {
        // Row 0 is at position -2, rows 0 and 1 see nothing, and the keys from 4 on are seen by nobody.
        AttentionOptions options = Causal with { Offset = -2, RejectNonFinite = true };
        float[][] numbers = Numbers();
        numbers[0][Element(0, 1, 2, 1, 0)] = float.NaN;
        numbers[1][Element(1, 0, 0, 4, 0)] = float.PositiveInfinity;
        numbers[2][Element(2, 1, 1, 29, 7)] = float.NaN;

        Assert.Equal(JobState.Succeeded, (await node.RunAsync(Job(options, numbers))).Report.State);
        Assert.Empty((await node.RunAsync(Job(options with { RejectNonFinite = false }, numbers))).Report.Warnings);

        numbers[1][Element(1, 1, 1, 3, 7)] = float.NaN;
        Assert.StartsWith("k has NaN at [1,1,3,7]", (await node.RunAsync(Job(options, numbers))).Refusal!.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_tensors_that_have_some_are_named_beside_the_first_place()
    {
        float[][] numbers = Numbers();
        numbers[0][^1] = float.NaN;
        numbers[2][0] = float.NaN;
        numbers[2][1] = float.PositiveInfinity;

        JobReport report = (await node.RunAsync(Job(Causal, numbers))).Report;

        Assert.Equal("q has NaN at [1,3,5,7]; 2 tensors have some: q, v", Assert.Single(report.Warnings));
    }

    [Theory]
    [InlineData(ElementType.Float16)]
    [InlineData(ElementType.BFloat16)]
    [InlineData(ElementType.Float64)]
    public async Task Every_type_is_looked_at_in_the_axes_that_the_user_wrote(ElementType type)
    {
        // Many pieces: the one that is found lies beyond the first.
        var shape = new TensorShape(1, 1, 3000, 100, 2);
        byte[] bytes = new byte[shape.ElementCount * type.ByteSize()];
        type.FromSingle([float.NegativeInfinity], bytes.AsSpan((int)((2990 * 100) + 42) * type.ByteSize()));
        JobRequest job = node.JobOf(new AttentionOptions { RejectNonFinite = true }, type, shape, new byte[bytes.Length],
            new byte[bytes.Length], bytes);

        Assert.StartsWith("v has -Infinity at [2990,42]", (await node.RunAsync(job)).Refusal!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_is_cancelled_before_it_is_looked_at_is_cancelled()
    {
        JobOutcome outcome =
            await node.RunAsync(Job(Causal with { RejectNonFinite = true }, Numbers()),
            cancellationToken: new CancellationToken(canceled: true));

        Assert.Equal(JobState.Cancelled, outcome.Report.State);
    }

    private JobRequest Job(AttentionOptions options, float[][] numbers) =>
        node.JobOf(options, (Queries, numbers[0]), (Keys, numbers[1]), (Keys, numbers[2]));

    private static float[][] Numbers() => [Of("q", Queries), Of("k", Keys), Of("v", Keys)];

    private static float[] Of(string name, TensorShape shape)
    {
        float[] numbers = new float[shape.ElementCount];
        StandardNormal.Fill(1, name, shape, 0, numbers);
        return numbers;
    }

    private static int Element(int tensor, int batch, int head, int row, int column) =>
        (int)(tensor == 0 ? Queries : Keys).RowOffset(batch, head, row) + column;
}
