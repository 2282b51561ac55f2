using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AttentionCluster.Client.Tests.Fake;

/// <summary>
/// A gateway's HTTP interface without a cluster behind it: results have the right shapes and are zero. Faults are scripted: each one
/// takes the place of one answer.
/// </summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ConcurrentQueue<RequestDelegate>> _faults = new();
    private readonly ConcurrentQueue<string> _calls = new();
    private readonly WebApplication _app;

    private FakeServer(WebApplication app, FakeJobs jobs) => (_app, Jobs) = (app, jobs);

    /// <summary>Where it listens.</summary>
    public Uri Address => new(_app.Urls.Single());

    /// <summary>What it has been sent.</summary>
    public FakeJobs Jobs { get; }

    /// <summary>The token that it asks for; null for none.</summary>
    public string? Token { get; init; }

    /// <summary>Every call in its order: <c>GET /v1/jobs</c>.</summary>
    public IReadOnlyCollection<string> Calls => _calls;

    public static async Task<FakeServer> StartAsync(string? token = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        builder.Services.AddRouting();
        WebApplication app = builder.Build();
        var jobs = new FakeJobs();
        var server = new FakeServer(app, jobs) { Token = token };
        app.Use(server.InterceptAsync);
        FakeRoutes.Map(app, jobs);
        await app.StartAsync();
        return server;
    }

    /// <summary>
    /// Answers the next call of this method and path (the id of a job is <c>*</c>) in this way instead; several queue up.
    /// </summary>
    public void Next(string call, RequestDelegate answer) => _faults.GetOrAdd(call, _ => new()).Enqueue(answer);

    /// <summary>How often a call was made.</summary>
    public int Count(string call) => _calls.Count(made => made == call);

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
        Jobs.Dispose();
    }

    private async Task InterceptAsync(HttpContext context, RequestDelegate next)
    {
        string call = $"{context.Request.Method} {Pattern(context.Request.Path)}";
        _calls.Enqueue(call);
        if (Token is not null && context.Request.Headers.Authorization != $"Bearer {Token}")
            await Faults.Problem(401, "unauthorized", "this server wants a token")(context);
        else if (_faults.TryGetValue(call, out ConcurrentQueue<RequestDelegate>? faults) && faults.TryDequeue(out RequestDelegate? fault))
            await fault(context);
        else
            await next(context);
    }

    /// <summary>The third part of a path is an id.</summary>
    private static string Pattern(PathString path)
    {
        string[] parts = path.Value!.Split('/');
        if (parts.Length > 3)
            parts[3] = "*";
        return string.Join('/', parts);
    }
}
