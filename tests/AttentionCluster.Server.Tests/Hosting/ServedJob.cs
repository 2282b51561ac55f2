using System.Net.Http.Json;
using System.Text.Json;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server.Tests.Running;

namespace AttentionCluster.Server.Tests.Hosting;

/// <summary>
/// A job of 256 tasks that take long enough for something to happen in the middle, and a data directory that outlives the node that has it.
/// </summary>
internal sealed class ServedJob : IDisposable
{
    /// <summary>The options of <see cref="Body"/>, as a query.</summary>
    internal const string Query = "?kernel=reference&keys_per_segment=64&rows_per_block=64";

    /// <summary>Tasks after which a job is in its middle.</summary>
    private const int TasksBefore = 40;

    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(10);

    private readonly TemporaryFolder _data = new();

    internal static AttentionOptions Options { get; } = new() { Kernel = KernelChoice.Reference, KeysPerSegment = 64, RowsPerBlock = 64 };

    internal static JobBody Body { get; } = JobBody.Of(new TensorShape(1, 1, 1024, 64));

    /// <summary>The folder of all jobs.</summary>
    internal string Jobs => Path.Combine(_data.Path, "jobs");

    /// <summary>Starts a node over the data directory.</summary>
    internal Task<Node> StartNodeAsync() =>
        Node.StartAsync(options => options with { Node = options.Node with { DataDirectory = _data.Path } });

    /// <summary>Sends the job, and waits until it is in its middle.</summary>
    /// <returns>Its id.</returns>
    internal static async Task<string> BeginAsync(Node node)
    {
        using HttpContent content = Body.Content();
        using HttpResponseMessage accepted = await node.Http.PostAsync("/v1/jobs" + Query, content).InTime();
        string id = (await accepted.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        await UntilAsync(async () =>
            (await FindAsync(node, id)).GetProperty("progress").GetProperty("tasks_done").GetInt32() > TasksBefore);
        return id;
    }

    /// <summary>Waits for the end of a job.</summary>
    /// <returns>The job then.</returns>
    internal static async Task<JsonElement> EndAsync(Node node, string id)
    {
        JsonElement job = default;
        await UntilAsync(async () => (job = await FindAsync(node, id)).GetProperty("state").GetString() is not ("queued" or "running"));
        return job;
    }

    /// <summary>Looks again and again.</summary>
    internal static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        while (!await condition())
            await Task.Delay(s_pollInterval, limit.Token);
    }

    /// <summary>Cuts the second half off a job's input on the disk.</summary>
    internal void Truncate(string id)
    {
        using var file = new FileStream(Path.Combine(Jobs, id, "input.safetensors"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.SetLength(file.Length / 2);
    }

    /// <summary>Changes one bit of a job's input on the disk, and leaves its times as they were: so do disks.</summary>
    internal void FlipBit(string id)
    {
        string input = Path.Combine(Jobs, id, "input.safetensors");
        DateTime written = File.GetLastWriteTimeUtc(input);
        using (var file = new FileStream(input, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            file.Position = file.Length - 1;
            int last = file.ReadByte();
            file.Position = file.Length - 1;
            file.WriteByte((byte)(last ^ 1));
        }

        File.SetLastWriteTimeUtc(input, written);
    }

    /// <summary>What is written down of a job.</summary>
    internal JsonElement RecordOf(string id) =>
        JsonSerializer.Deserialize<JsonElement>(File.ReadAllBytes(Path.Combine(Jobs, id, "job.json"))).GetProperty("job");

    public void Dispose() => _data.Dispose();

    private static Task<JsonElement> FindAsync(Node node, string id) => node.Http.GetFromJsonAsync<JsonElement>($"/v1/jobs/{id}").InTime();
}
