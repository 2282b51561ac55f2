using System.Collections.Concurrent;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Client.Tests.Fake;

/// <summary>The jobs of a <see cref="FakeServer"/>.</summary>
internal sealed class FakeJobs : IDisposable
{
    private readonly ConcurrentDictionary<string, string> _idsByKey = new();
    private readonly ConcurrentDictionary<string, FakeJob> _jobs = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("attn-fake-").FullName;
    private int _count;

    /// <summary>Changes each job as it is made.</summary>
    public Func<FakeJob, FakeJob> Making { get; set; } = job => job;

    /// <summary>All of them, the oldest first.</summary>
    public IReadOnlyList<FakeJob> All => [.. _jobs.Values.OrderBy(job => job.Id, StringComparer.Ordinal)];

    /// <summary>The job of an id; null when there is none.</summary>
    public FakeJob? Find(string id) => _jobs.GetValueOrDefault(id);

    /// <summary>Removes a job.</summary>
    public void Remove(string id) => _jobs.TryRemove(id, out _);

    /// <summary>The job of an idempotency key, which is made when there is none.</summary>
    public FakeJob Accept(string key, string query, byte[] upload)
    {
        string id = _idsByKey.GetOrAdd(key, _ => $"job-{Interlocked.Increment(ref _count):d3}");
        return _jobs.GetOrAdd(id, _ => Making(new FakeJob(id, query, upload, Zeros(upload))));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>O and the log-sum-exp of these tensors, in the right shapes.</summary>
    private byte[] Zeros(byte[] upload)
    {
        string path = Path.Combine(_folder, Path.GetRandomFileName());
        File.WriteAllBytes(path, upload);
        using TensorFile file = TensorFile.Open(path);
        long[] query = [.. file.Require("q").Dimensions];
        SafetensorsLayout layout = SafetensorsHeader.Build(
        [
            ("o", ElementType.Float32, [.. query[..^1], file.Require("v").Dimensions[^1]]),
            ("lse", ElementType.Float32, query[..^1]),
        ]);
        _ = file.Require("k");
        byte[] result = new byte[layout.FileLength];
        layout.Header.CopyTo(result, 0);
        return result;
    }
}
