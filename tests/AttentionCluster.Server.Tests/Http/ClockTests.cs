using System.Net;
using System.Text.Json;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server.Jobs;
using AttentionCluster.Server.Tests.Running;

namespace AttentionCluster.Server.Tests.Http;

/// <summary>A time of day that is set while a gateway runs: by its administrator, by a protocol, by a machine that wakes up.</summary>
public sealed class ClockTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan s_kept = TimeSpan.FromHours(1);

    private static readonly JobBody s_body = JobBody.Of(new TensorShape(1, 1, 30, 8));

    private readonly JumpingClock _clock = new();
    private readonly ScriptedAttention _attention = new();
    private readonly ApiNode _node;

    public ClockTests() => _node =
        new ApiNode(new JobsOptions { ResultAgeMax = s_kept, SweepInterval = TimeSpan.FromSeconds(1) }, _attention, _clock);

    public async Task InitializeAsync() => await _node.InitializeAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    public void Dispose() => _node.Dispose();

    [Theory]
    [InlineData(400)]
    [InlineData(-400)]
    public async Task A_clock_that_is_set_neither_removes_results_nor_keeps_them(int days)
    {
        string before = await SucceedAsync(days: 0);
        string during = await SucceedAsync(days);
        string after = await SucceedAsync(days: 0);

        foreach (string id in new[] { before, during, after })
            Assert.Equal(HttpStatusCode.OK, await StatusOfResultAsync(id));

        _clock.Pass(s_kept + TimeSpan.FromSeconds(1));
        string last = await SucceedAsync(days: 0);

        foreach (string id in new[] { before, during, after })
            Assert.Equal(HttpStatusCode.NotFound, await StatusOfResultAsync(id));
        Assert.Equal(HttpStatusCode.OK, await StatusOfResultAsync(last));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(-400)]
    public async Task A_clock_that_is_set_does_not_enter_into_what_a_job_is_said_to_have_taken(int days)
    {
        JsonElement job = await _node.Client.JobAsync(await SucceedAsync(days));

        Assert.InRange(job.GetProperty("report").GetProperty("seconds").GetProperty("queued").GetDouble(), 0, Patience.Limit.TotalSeconds);
    }

    [Fact]
    public async Task What_the_next_gateway_takes_over_is_as_old_as_the_time_of_day_says()
    {
        using var data = new TemporaryFolder();
        var clock = new JumpingClock();
        var options = new JobsOptions { ResultAgeMax = s_kept };
        string old, recent;
        await using (var first = new ApiNode(options, new ScriptedAttention { EndsAtOnce = true }, clock, data))
        {
            await first.InitializeAsync();
            await first.Client.EndOfAsync(old = await first.Client.SubmitAsync(s_body));
            clock.Pass(s_kept / 2);
            await first.Client.EndOfAsync(recent = await first.Client.SubmitAsync(s_body));
        }

        clock.Jump((s_kept / 2) + TimeSpan.FromMinutes(1));
        await using var next = new ApiNode(options, new ScriptedAttention { EndsAtOnce = true }, clock, data);
        await next.InitializeAsync();
        await next.Client.EndOfAsync(await next.Client.SubmitAsync(s_body));

        using HttpResponseMessage gone = await next.Client.GetAsync($"/v1/jobs/{old}");
        using HttpResponseMessage kept = await next.Client.GetAsync($"/v1/jobs/{recent}");
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.OK), (gone.StatusCode, kept.StatusCode));
    }

    /// <summary>The clock is set while the job runs.</summary>
    private async Task<string> SucceedAsync(int days)
    {
        string id = await _node.Client.SubmitAsync(s_body);
        Assert.Equal(id, await _attention.NextStartAsync());
        _clock.Jump(TimeSpan.FromDays(days));
        _attention[id].Succeed();
        Assert.Equal("succeeded", (await _node.Client.EndOfAsync(id)).GetProperty("state").GetString());
        return id;
    }

    private async Task<HttpStatusCode> StatusOfResultAsync(string id)
    {
        using HttpResponseMessage answer = await _node.Client.GetAsync($"/v1/jobs/{id}/result");
        return answer.StatusCode;
    }
}
