using System.Collections.Concurrent;
using System.Globalization;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;

namespace AttentionCluster.Cluster.Store;

/// <summary>
/// The folders of the jobs that this process has: <c>jobs/ID</c> in the store, with <c>input.safetensors</c> until the job has ended,
/// <c>result.safetensors</c>, and <c>job.json</c>, which says what the job is and who has it. A folder without that is a job that was never
/// accepted, or one that ends with the request that sent it.
/// </summary>
/// <remarks>
/// Accepted jobs outlive their process. Each process holds an <see cref="OwnerLock"/>; who can take the lock of another takes over its
/// jobs, under that lock: so there is one that does, whichever of the gateways that share a data directory is first, and a process that
/// only seemed to be dead has lost nothing.
/// </remarks>
internal sealed partial class JobFolders : IDisposable
{
    private const string InputName = "input.safetensors";
    private const string IdStart = "job-";

    private readonly TensorStore _store;
    private readonly OwnerLock _lock;
    private readonly ConcurrentDictionary<string, TensorFile> _inputs = new(StringComparer.Ordinal);
    private long _jobs;
    private readonly Lock _saving = new();
    private bool _isReleased;

    private JobFolders(TensorStore store, OwnerLock ownLock, string owner, TimeProvider clock) =>
        (_store, _lock, Owner, Keys) = (store, ownLock, owner, new IdempotencyKeys(store, owner, clock));

    /// <summary>What this process is called in its jobs' ids and records; no other process is, or ever was.</summary>
    public string Owner { get; }

    /// <summary>The idempotency keys of the store's jobs.</summary>
    public IdempotencyKeys Keys { get; }

    /// <summary>Makes this process one that has jobs.</summary>
    /// <param name="store">Where they are.</param>
    /// <param name="clock">For how long to wait for other processes of the store; null for the system's.</param>
    /// <exception cref="IOException">The folder can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be.</exception>
    public static JobFolders Open(TensorStore store, TimeProvider? clock = null)
    {
        Directory.CreateDirectory(store.JobsDirectory);
        (OwnerLock ownLock, string owner) = OwnerLock.Create(store.JobsDirectory);
        var folders = new JobFolders(store, ownLock, owner, clock ?? TimeProvider.System);
        try
        {
            folders.Keys.Open();

            // The names of the folders of jobs and keys: see Save.
            DurableFile.FlushFolder(store.Directory);
            return folders;
        }
        catch
        {
            folders.Dispose();
            throw;
        }
    }

    /// <summary>Who has a job that this process has not; null when there is no such job.</summary>
    public string? OwnerOfJob(string id)
    {
        if (!TensorStore.IsId(id) || !Directory.Exists(_store.JobDirectory(id)))
            return null;
        try
        {
            return JobRecordFile.OwnerOfNewer(_store.JobDirectory(id), out _) ?? JobRecordFile.Read(_store.JobDirectory(id), out _)?.Owner;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // It is there, and who has it can't be read now.
            return OwnerInName(id);
        }
    }

    /// <summary>An id that no other job has.</summary>
    public string NewId() => string.Create(CultureInfo.InvariantCulture, $"{IdStart}{Owner}-{Interlocked.Increment(ref _jobs)}");

    /// <summary>Creates the file for the input of a job. It takes no room before its bytes come.</summary>
    /// <param name="id">The job's.</param>
    /// <param name="length">Bytes of the whole file.</param>
    /// <param name="isTransient">Whether the job's files go with the answer to one request: nothing of it is forced to the disk.</param>
    /// <exception cref="IOException">The disk has less room than it takes, or the folder can't be written.</exception>
    public ReceivedFile Receive(string id, long length, bool isTransient)
    {
        string folder = _store.JobDirectory(id);
        Directory.CreateDirectory(folder);
        if (isTransient)
            _store.MarkTransient(id);
        try
        {
            return new ReceivedFile(Path.Combine(folder, InputName), length, isDurable: !isTransient);
        }
        catch
        {
            Delete(id);
            throw;
        }
    }

    /// <summary>Makes a received file's tensors readable as <c>ID-q</c>, <c>ID-k</c> and <c>ID-v</c>.</summary>
    public StoredInput Import(string id, ReceivedFile received, InputTensors tensors) =>
        Import(id, received.Open(), tensors);

    /// <summary>Makes the tensors of a job that was taken over readable, like those of one that was received.</summary>
    /// <param name="job">The job.</param>
    /// <param name="options">Its options.</param>
    /// <param name="tensors">Where they are.</param>
    /// <param name="refusal">Why they can't be read.</param>
    /// <exception cref="IOException">They can't be read now; see <see cref="TransientFailure"/>.</exception>
    public StoredInput? Reopen(JobRecord job, AttentionOptions options, out InputTensors? tensors, out Refusal? refusal)
    {
        string path = Path.Combine(_store.JobDirectory(job.Id), InputName);
        tensors = null;
        try
        {
            long length = new FileInfo(path).Length;
            refusal = length == job.InputBytes ? null : Damaged(job.Id, $"it has {length} bytes instead of {job.InputBytes}");
            tensors = refusal is null ? InputTensors.Find(SafetensorsPrefix.Read(path), options, path, out refusal) : null;
            return tensors is null ? null : Import(job.Id, TensorFile.Open(path), tensors);
        }
        catch (Exception problem)
            when (problem is IOException or UnauthorizedAccessException or TensorFormatException && !TransientFailure.Is(problem))
        {
            refusal = Damaged(job.Id, problem.Message);
            return null;
        }
    }

    /// <summary>Reads the whole input of a job, and compares it with what was received.</summary>
    /// <returns>Null when it is the same.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="IOException">It can't be read now; see <see cref="TransientFailure"/>.</exception>
    public Refusal? CheckInput(JobRecord job, CancellationToken cancellationToken)
    {
        try
        {
            string found = FileDigest.Checksum(Path.Combine(_store.JobDirectory(job.Id), InputName), cancellationToken);
            return found == job.InputChecksum ? null : Damaged(job.Id, $"its checksum is {found} instead of {job.InputChecksum}");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException && !TransientFailure.Is(problem))
        {
            return Damaged(job.Id, problem.Message);
        }
    }

    /// <summary>
    /// Writes down what a job is; returns when that is on the disk. From then on the job outlives this process, and the power of its
    /// machine.
    /// </summary>
    /// <exception cref="IOException">The disk fails, or is full, or the job may be another process's by now.</exception>
    /// <remarks>
    /// What is on the disk, in this order: the names <c>jobs</c> and <c>keys</c> in the data directory (<see cref="Open"/>), the bytes of
    /// the input (<see cref="ReceivedFile.Complete"/>), the key and its name, the bytes of the record; then, flushed with the job's folder,
    /// the names of input and record; last the name of the job's folder.
    /// </remarks>
    public void Save(JobRecord job)
    {
        if (job is { State: null, IdempotencyKey: { } key })
            Keys.Flush(key);
        lock (_saving)
        {
            if (_isReleased)
                throw new IOException("this process has let go of its jobs");
            JobRecordFile.Write(_store.JobDirectory(job.Id), job with { Owner = Owner });
        }

        DurableFile.FlushFolder(_store.JobsDirectory);
    }

    /// <summary>Removes the input of a job that has ended.</summary>
    public void DeleteInput(string id)
    {
        if (_inputs.TryRemove(id, out TensorFile? file))
            Close(id, file);
        File.Delete(Path.Combine(_store.JobDirectory(id), InputName));
    }

    /// <summary>Removes the tensors of a job that has ended without a result; what it was stays known.</summary>
    public void DeleteTensors(string id)
    {
        DeleteInput(id);
        DeleteResult(id);
    }

    /// <summary>Removes the rows of a job that ends without a result.</summary>
    public void DeleteResult(string id)
    {
        if (Directory.Exists(_store.JobDirectory(id)))
            File.Delete(_store.ResultPath(id));
    }

    /// <summary>The result of a job, to be read.</summary>
    /// <returns>Null when there is none.</returns>
    public FileStream? OpenResult(string id)
    {
        try
        {
            return new FileStream(
                _store.ResultPath(id), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0,
                    FileOptions.Asynchronous);
        }
        catch (Exception problem) when (problem is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The hash of a job's result.</summary>
    /// <exception cref="IOException">It can't be read.</exception>
    public ResultHash HashResult(string id, CancellationToken cancellationToken)
    {
        using FileStream file = OpenResult(id) ?? throw new FileNotFoundException($"job {id} has no result file");
        return ResultHash.Of(file, cancellationToken);
    }

    /// <summary>
    /// Lets go of everything: what was accepted can be taken over at once, and the rest is removed. To be called when no job is being
    /// computed any more; this process must change no file afterwards.
    /// </summary>
    public void Release()
    {
        lock (_saving)
        {
            if (_isReleased)
                return;
            _isReleased = true;
        }

        foreach ((string id, TensorFile file) in _inputs)
            Close(id, file);
        bool isAnyLeft = false;
        foreach (string folder in Folders())
        {
            if (File.Exists(Path.Combine(folder, JobRecordFile.Name)))
                isAnyLeft |= MayBeOwn(folder);
            else if (_emptied.ContainsKey(Path.GetFileName(folder)))
                isAnyLeft = true;
            else if (OwnerInName(folder) == Owner)
                Directory.Delete(folder, recursive: true);
        }

        // A lock without jobs would be taken, and removed, by the next.
        if (!isAnyLeft)
            _lock.Delete();
        _lock.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => Release();

    private static Refusal Damaged(string id, string reason) =>
        new(ErrorCode.InputDamaged, $"the input of job {id} is not what was received ({reason}); send the job again");

    private string[] Folders() => Directory.GetDirectories(_store.JobsDirectory, IdStart + "*");

    private StoredInput Import(string id, TensorFile file, InputTensors tensors)
    {
        _inputs[id] = file;
        return new StoredInput(
            _store.Import(id + "-q", file, tensors.Query, tensors.Shape.Query),
            _store.Import(id + "-k", file, tensors.Key, tensors.Shape.Key),
            _store.Import(id + "-v", file, tensors.Value, tensors.Shape.Value),
            new StoredAuxiliaryTensors(tensors.Auxiliary, [.. tensors.Auxiliary.Tensors.Zip(
                tensors.AuxiliaryEntries,
                (tensor, entry) => _store.Import($"{id}-{StoredAuxiliaryTensors.IdOf(tensor.Name)}", file, entry, tensor.Shape))]));
    }

    private void Close(string id, TensorFile file)
    {
        foreach (string tensor in AuxiliaryTensorCatalog.Names.Select(StoredAuxiliaryTensors.IdOf).Concat(["q", "k", "v"]))
            _store.Forget($"{id}-{tensor}");
        file.Dispose();
    }
}
