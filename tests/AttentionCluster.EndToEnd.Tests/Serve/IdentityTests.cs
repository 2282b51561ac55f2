using System.Net;
using System.Text.Json;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Serve;

/// <summary>Who does not know the secret of a cluster can join it, and is named, and gets nothing.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class IdentityTests : IAsyncLifetime, IDisposable
{
    private const string OtherSecret = "ffffffffffffffffffffffffffffffff";
    private const string Differs = "its secret differs from this node's";
    private const int Strangers = 3;
    private const int Jobs = 8;

    /// <summary>Longer than anything that must come takes on a busy machine.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(50);

    private readonly TemporaryFolder _folder = new();
    private readonly List<ServeProcess> _strangers = [];
    private ProcessCluster? _cluster;

    private ProcessCluster Cluster => _cluster!;

    public async Task InitializeAsync() => _cluster = await ProcessCluster.StartAsync(workers: 0);

    public async Task DisposeAsync()
    {
        foreach (ServeProcess stranger in _strangers)
            await stranger.DisposeAsync();
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Workers_with_another_secret_get_no_task_and_no_job_fails_because_of_them()
    {
        string seed = await Cluster.Gateway.ClusterAddressAsync();
        for (int i = 0; i < Strangers; i++)
            _strangers.Add(ServeProcess.Start(
                _folder, [("ATTN__Security__Secret", OtherSecret), ("ATTN__Node__Name", $"stranger-{i}")],
                "--roles", "worker", "--threads", "1", "--data", $"data-{i}", "--seeds", seed));
        await Task.WhenAll(_strangers.Select(stranger => stranger.WaitForReadyAsync()));
        await Cluster.WaitForAsync(nodes => nodes.Count(node => ProcessCluster.IsUp(node) && IsNamed(node)) == Strangers);

        await IsNotReadyAsync(Cluster.Gateway, "stranger-0", Differs);
        foreach (ServeProcess stranger in _strangers)
            await IsNotReadyAsync(stranger, "no gateway is up that this node can work with", Differs);

        await Cluster.AddAsync();
        await Cluster.WaitForAsync(nodes => nodes.Count(node => node.GetProperty("worker").ValueKind == JsonValueKind.Object) == 1);
        Assert.Equal(HttpStatusCode.OK, (await Cluster.Gateway.Http.GetAsync("/healthz/ready")).StatusCode);
        for (int i = 0; i < Jobs; i++)
        {
            JsonElement report = Attn.Run(
                _folder, "attend", "--random", "1,2,512,32", "--keys-per-segment", "64", "--rows-per-block", "64", "--json", "--server",
                    Cluster.Gateway.Url).Expect(0).Json;
            Assert.Equal(1, report.GetProperty("workers").GetArrayLength());
        }

        string status = Attn.Run(_folder, "status", "--server", Cluster.Gateway.Url).Expect(0).Output;
        string drained = Attn.Run(_folder, "drain", "stranger-1", "--server", Cluster.Gateway.Url).Expect(2).Error;
        Assert.Contains(Differs, drained, StringComparison.Ordinal);
        for (int i = 0; i < Strangers; i++)
        {
            Assert.Contains($"stranger-{i} at ", status, StringComparison.Ordinal);
            Assert.Single(Lines(Cluster.Gateway.Error), line => line.Contains($"stranger-{i} at ", StringComparison.Ordinal));
        }
    }

    private static bool IsNamed(JsonElement node) => node.TryGetProperty("problem", out JsonElement problem)
        && problem.GetString() == Differs;

    private static string[] Lines(string text) => text.Split('\n');

    private static async Task IsNotReadyAsync(ServeProcess node, params string[] words)
    {
        using var limit = new CancellationTokenSource(s_patience);
        string answer;
        do
        {
            await Task.Delay(s_pollInterval, limit.Token);
            using HttpResponseMessage ready = await node.Http.GetAsync("/healthz/ready", limit.Token);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
            answer = await ready.Content.ReadAsStringAsync(limit.Token);
        }
        while (!words.All(word => answer.Contains(word.Replace("'", "\\u0027", StringComparison.Ordinal), StringComparison.Ordinal)
            || answer.Contains(word, StringComparison.Ordinal)));
    }
}
