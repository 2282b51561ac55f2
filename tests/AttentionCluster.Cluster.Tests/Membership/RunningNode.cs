using System.Runtime.InteropServices;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server;

namespace AttentionCluster.Cluster.Tests.Membership;

/// <summary>A node as its users have it, for one test or for a class of tests.</summary>
public sealed class RunningNode : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly NodeOptions _options;
    private readonly List<TensorFile> _files = [];
    private int _jobs;
    private AttentionNode? _node;

    /// <summary>A node of two threads.</summary>
    public RunningNode()
        : this(options => options with { Threads = 2 })
    {
    }

    internal RunningNode(Func<NodeOptions, NodeOptions> choose) =>
        _options = choose(new NodeOptions { DataDirectory = _folder.Path, Name = "node" });

    internal IAttentionService Attention => _node!.Attention;

    internal TensorStore Store => _node!.Store;

    public async Task InitializeAsync() => _node = await AttentionNode.StartAsync(_options, CancellationToken.None).InTime();

    /// <summary>A job over random tensors, the same for the same shapes on every node.</summary>
    internal JobRequest Job(AttentionOptions options, TensorShape query, TensorShape key, TensorShape value,
        ElementType type = ElementType.Float32)
    {
        int number = Interlocked.Increment(ref _jobs);
        return new JobRequest(
            $"job-{number}", Import($"{number}-q", type, query, 1), Import($"{number}-k", type, key, 2),
                Import($"{number}-v", type, value, 3), options);
    }

    /// <summary>A job over the given numbers.</summary>
    internal JobRequest JobOf(AttentionOptions options, params (TensorShape Shape, float[] Numbers)[] tensors)
    {
        int number = Interlocked.Increment(ref _jobs);
        StoredTensor[] stored = [.. tensors.Select((tensor, i) => Import(
            $"{number}-{"qkv"[i]}",
                TensorFiles.Write(Path.Combine(_folder.Path, $"{number}-{"qkv"[i]}.st"), ElementType.Float32, tensor.Shape,
                MemoryMarshal.AsBytes<float>(tensor.Numbers).ToArray()), tensor.Shape))];
        return new JobRequest($"job-{number}", stored[0], stored[1], stored[2], options);
    }

    /// <summary>A job over the given bytes, all of one shape.</summary>
    internal JobRequest JobOf(AttentionOptions options, ElementType type, TensorShape shape, params byte[][] tensors)
    {
        int number = Interlocked.Increment(ref _jobs);
        StoredTensor[] stored =
            [.. tensors.Select((bytes, i) =>
            Import($"{number}-{"qkv"[i]}", TensorFiles.Write(Path.Combine(_folder.Path, $"{number}-{"qkv"[i]}.st"), type, shape, bytes),
            shape))];
        return new JobRequest($"job-{number}", stored[0], stored[1], stored[2], options);
    }

    /// <summary>A job of Q, K and V of one shape.</summary>
    internal JobRequest Job(AttentionOptions options, TensorShape shape) => Job(options, shape, shape, shape);

    internal Task<JobOutcome> RunAsync(JobRequest job, IProgress<Core.Api.JobProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        Attention.RunAsync(job, progress, cancellationToken).InTime();

    internal bool HasResultOf(JobRequest job) => File.Exists(Path.Combine(Store.Directory, "jobs", job.Id, "result.safetensors"));

    public async Task DisposeAsync()
    {
        if (_node is not null)
            await _node.DisposeAsync();
    }

    public void Dispose()
    {
        _files.ForEach(file => file.Dispose());
        _folder.Dispose();
    }

    private StoredTensor Import(string id, ElementType type, TensorShape shape, ulong seed) =>
        Import(id, TensorFiles.Write(Path.Combine(_folder.Path, id + ".st"), type, shape, seed), shape);

    private StoredTensor Import(string id, TensorFile file, TensorShape shape)
    {
        lock (_files)
            _files.Add(file);
        return Store.Import(id, file, file.Entries[0], shape);
    }
}
