using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace AttentionCluster.Client.Tests.Fake;

/// <summary>The interface of a <see cref="FakeServer"/>.</summary>
internal static class FakeRoutes
{
    public static void Map(WebApplication app, FakeJobs jobs)
    {
        app.MapPost("/v1/jobs", async (HttpContext context) =>
        {
            FakeJob job = jobs.Accept(
                context.Request.Headers["Idempotency-Key"].ToString(), context.Request.QueryString.Value!,
                    await ReadAsync(context.Request));
            return Results.Accepted($"/v1/jobs/{job.Id}", new { id = job.Id });
        });
        app.MapGet("/v1/jobs", () => Results.Json(new { jobs = jobs.All.Select(job => job.ToJson()) }));
        app.MapGet("/v1/jobs/{id}", (string id) => Answer(jobs, id, job => Results.Json(job.ToJson())));
        app.MapGet("/v1/jobs/{id}/events", (string id, HttpContext context) => WriteEventsAsync(context, jobs.Find(id)!));
        app.MapGet("/v1/jobs/{id}/result", (string id) => Answer(jobs, id, job => Results.Bytes(
            job.Result, "application/x-safetensors", enableRangeProcessing: true, entityTag: EntityTagHeaderValue.Parse(job.ETag))));
        app.MapDelete("/v1/jobs/{id}", (string id) => Answer(jobs, id, job =>
        {
            if (job.State == "running")
                job.Cancelled.TrySetResult();
            else
                jobs.Remove(id);
            return Results.NoContent();
        }));
        app.MapPost("/v1/attention", AttendAsync);
        app.MapGet("/v1/cluster", () => Results.Json(new
        {
            address = "127.0.0.1:4053",
            is_up = true,
            nodes = new object[]
            {
                new { address = "127.0.0.1:4053", roles = new[] { "gateway" }, state = "up", worker = (object?)null },
                new
                {
                    address = "127.0.0.1:4063",
                    roles = new[] { "worker" },
                    state = "up",
                    worker = new { name = "w1", threads = 4, segment_bytes_max = 8L << 30, segment_bytes = 1L << 30, gflops = 123.4 },
                },
            },
        }));
    }

    private static IResult Answer(FakeJobs jobs, string id, Func<FakeJob, IResult> answer) => jobs.Find(id) is { } job
        ? answer(job)
        : Results.Problem($"there is no job {id}", statusCode: 404,
            extensions: new Dictionary<string, object?> { ["code"] = "job-unknown" });

    private static async Task WriteEventsAsync(HttpContext context, FakeJob job)
    {
        context.Response.ContentType = "text/event-stream";
        await WriteEventAsync(context, "state", job.ToJson("queued"));
        await WriteEventAsync(context, "progress", job.ToJson("running"));
        await WriteEventAsync(context, "weather", "sunny");
        if (job.Endless)
            await job.Cancelled.Task.WaitAsync(context.RequestAborted);
        await WriteEventAsync(context, "state", job.ToJson());
    }

    private static async Task WriteEventAsync(HttpContext context, string type, object data)
    {
        await context.Response.WriteAsync($": a comment\nevent: {type}\ndata: {JsonSerializer.Serialize(data)}\n\n");
        await context.Response.Body.FlushAsync();
    }

    private static async Task AttendAsync(HttpContext context)
    {
        using var one = new FakeJobs();
        FakeJob job = one.Accept("", context.Request.QueryString.Value!, await ReadAsync(context.Request));

        context.Response.Headers["attn-report"] = JsonSerializer.Serialize(job.Report());
        await context.Response.Body.WriteAsync(job.Result);
    }

    private static async Task<byte[]> ReadAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        return body.ToArray();
    }
}
