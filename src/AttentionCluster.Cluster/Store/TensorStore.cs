using System.Collections.Concurrent;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Store;

/// <summary>
/// Where Q, K, V and O live: files under one folder, and files of the user that are read in place. One writer, many readers.
/// </summary>
internal sealed class TensorStore : IDisposable
{
    private const int GeneratedChunkElements = 1 << 18;

    private readonly ConcurrentDictionary<string, StoredTensor> _tensors = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<TensorFile> _generated = [];
    private readonly ConcurrentDictionary<string, bool> _transientJobs = new(StringComparer.Ordinal);

    /// <summary>A store in a folder, which is created when absent.</summary>
    /// <exception cref="IOException">The folder can't be created.</exception>
    public TensorStore(string directory)
    {
        Directory = Path.GetFullPath(directory);
        System.IO.Directory.CreateDirectory(Directory);
    }

    /// <summary>The folder, as a full path.</summary>
    public string Directory { get; }

    /// <summary>Where jobs have their folders.</summary>
    internal string JobsDirectory => Path.Combine(Directory, "jobs");

    /// <summary>
    /// Whether a name may be that of a tensor or a job: 1 to 128 letters, digits, hyphens and dots, of which the first is no dot.
    /// Names become file names, and parts of addresses: nothing in them may lead elsewhere.
    /// </summary>
    public static bool IsId(string id) =>
        id.Length is > 0 and <= 128 && id[0] != '.' && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.');

    /// <summary>Makes a tensor of an open file readable under a name. The file stays where it is, and its owner's.</summary>
    /// <exception cref="ArgumentException">The name is taken, or not made of letters, digits, hyphens and dots.</exception>
    public StoredTensor Import(string id, TensorFile file, TensorEntry entry, TensorShape shape)
    {
        CheckId(id);
        var tensor = new StoredTensor(id, file, entry, shape);
        if (!_tensors.TryAdd(id, tensor))
            throw new ArgumentException($"the store has a tensor {id} already", nameof(id));
        return tensor;
    }

    /// <summary>Writes a tensor of standard normal numbers into the store's folder; see <see cref="StandardNormal"/>.</summary>
    /// <param name="id">Its name in the store.</param>
    /// <param name="name">Its name in a job: <c>q</c>, <c>k</c> or <c>v</c>, which the numbers depend on.</param>
    /// <param name="shape">Its shape, which the numbers depend on.</param>
    /// <param name="seed">What the numbers depend on besides.</param>
    /// <param name="cancellationToken">Stops in the middle.</param>
    public StoredTensor Generate(string id, string name, TensorShape shape, ulong seed, CancellationToken cancellationToken)
    {
        CheckId(id);
        SafetensorsLayout layout = SafetensorsHeader.Build(
            [(name, ElementType.Float32, Array.ConvertAll(shape.ToDimensions(), axis => (long)axis))], null);
        string path = Path.Combine(Directory, id + ".safetensors");
        using (var file = new PreallocatedFile(path, layout.FileLength))
        {
            file.Write(0, layout.Header);
            long chunks = (shape.ElementCount + GeneratedChunkElements - 1) / GeneratedChunkElements;
            Parallel.For(
                0L, chunks, new ParallelOptions { CancellationToken = cancellationToken },
                () => new float[GeneratedChunkElements],
                (chunk, _, buffer) =>
                {
                    long first = chunk * GeneratedChunkElements;
                    Span<float> elements = buffer.AsSpan(0, (int)Math.Min(GeneratedChunkElements, shape.ElementCount - first));
                    StandardNormal.Fill(seed, name, shape, first, elements);
                    file.Write(layout.Entries[0].ByteOffset + (first * sizeof(float)), elements);
                    return buffer;
                },
                _ => { });
        }

        TensorFile opened = TensorFile.Open(path);
        _generated.Add(opened);
        return Import(id, opened, opened.Entries[0], shape);
    }

    /// <summary>A tensor by its name.</summary>
    /// <returns>Null when the store has none of that name.</returns>
    public StoredTensor? Find(string id) => _tensors.GetValueOrDefault(id);

    /// <summary>Makes a tensor unknown to the store; the bytes of an imported one stay with their owner.</summary>
    public void Forget(string id) => _tensors.TryRemove(id, out _);

    /// <summary>Starts the result of a job: room for every row is taken at once.</summary>
    /// <exception cref="IOException">The disk has no room.</exception>
    public ResultFile CreateResult(string jobId, AttentionPlan plan)
    {
        System.IO.Directory.CreateDirectory(JobDirectory(jobId));
        return ResultFile.Create(ResultPath(jobId), plan, isDurable: !_transientJobs.ContainsKey(jobId));
    }

    /// <summary>The result of a job that outlives its process: the one that was begun, or else a new one.</summary>
    /// <param name="jobId">The job's id.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="begunOptions">The options that its journal has; empty for a job that was never begun.</param>
    /// <param name="isNew">Whether no row of it has been written.</param>
    /// <exception cref="IOException">The disk has no room, or fails.</exception>
    internal ResultFile OpenResult(string jobId, AttentionPlan plan, string begunOptions, out bool isNew)
    {
        System.IO.Directory.CreateDirectory(JobDirectory(jobId));
        string path = ResultPath(jobId);
        ResultFile? begun = ResultFile.Reopen(path, plan, begunOptions);
        isNew = begun is null;
        if (begun is not null)
            return begun;
        File.Delete(path);
        return ResultFile.Create(path, plan, isDurable: true, isKept: true);
    }

    /// <summary>The folder of a job's files.</summary>
    /// <exception cref="ArgumentException">The id is none.</exception>
    internal string JobDirectory(string jobId)
    {
        CheckId(jobId);
        return Path.Combine(JobsDirectory, jobId);
    }

    /// <summary>The file of a job's result.</summary>
    /// <exception cref="ArgumentException">The id is none.</exception>
    internal string ResultPath(string jobId) => Path.Combine(JobDirectory(jobId), "result.safetensors");

    /// <summary>The result of this job need not survive a crash.</summary>
    internal void MarkTransient(string jobId) => _transientJobs[jobId] = true;

    /// <summary>Removes the folder of a job, if there is one.</summary>
    internal void DeleteJob(string jobId)
    {
        _transientJobs.TryRemove(jobId, out _);
        string folder = JobDirectory(jobId);
        if (System.IO.Directory.Exists(folder))
            System.IO.Directory.Delete(folder, recursive: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (TensorFile file in _generated)
            file.Dispose();
    }

    private static void CheckId(string id)
    {
        if (!IsId(id))
            throw new ArgumentException($"\"{id}\" is no id: wanted 1 to 128 letters, digits, hyphens and dots", nameof(id));
    }
}
