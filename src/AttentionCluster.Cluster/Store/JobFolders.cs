using System.Collections.Concurrent;
using System.Globalization;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;

namespace AttentionCluster.Cluster.Store;

/// <summary>
/// The folders of the jobs that this process was sent: <c>jobs/ID</c> in the store, with <c>input.safetensors</c> until the job has
/// ended and <c>result.safetensors</c> from then on.
/// </summary>
/// <remarks>
/// Jobs end with their process. What one left behind is removed by the next that opens the store: each process holds a lock file whose
/// name is part of its jobs' ids, and a lock that can be taken is that of a process that is no more. So several gateways can share a
/// data directory, and none removes what another works on.
/// </remarks>
public sealed class JobFolders : IDisposable
{
    private const string LockEnding = ".lock";
    private const string InputName = "input.safetensors";

    private readonly TensorStore _store;
    private readonly FileStream _lock;
    private readonly string _owner;
    private readonly ConcurrentDictionary<string, TensorFile> _inputs = new(StringComparer.Ordinal);
    private long _jobs;

    private JobFolders(TensorStore store, FileStream ownLock, string owner) => (_store, _lock, _owner) = (store, ownLock, owner);

    /// <summary>Removes what ended processes left behind, and starts afresh.</summary>
    /// <exception cref="IOException">The folder can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be.</exception>
    public static JobFolders Open(TensorStore store)
    {
        Directory.CreateDirectory(store.JobsDirectory);
        foreach (string path in Directory.GetFiles(store.JobsDirectory, "*" + LockEnding))
            RemoveLeftovers(path);
        string owner = Guid.NewGuid().ToString("N")[..8];
        return new JobFolders(store, Lock(Path.Combine(store.JobsDirectory, owner + LockEnding), FileMode.CreateNew), owner);
    }

    /// <summary>An id that no other job has.</summary>
    public string NewId() => string.Create(CultureInfo.InvariantCulture, $"job-{_owner}-{Interlocked.Increment(ref _jobs)}");

    /// <summary>Takes room on the disk for the input of a job.</summary>
    /// <param name="id">The job's.</param>
    /// <param name="length">Bytes of the whole file.</param>
    /// <param name="isTransient">Whether the job's files go with the answer to one request: nothing of it is forced to the disk.</param>
    /// <exception cref="IOException">The disk has no room.</exception>
    public ReceivedFile Receive(string id, long length, bool isTransient)
    {
        string folder = _store.JobDirectory(id);
        Directory.CreateDirectory(folder);
        if (isTransient)
            _store.MarkTransient(id);
        try
        {
            return new ReceivedFile(Path.Combine(folder, InputName), length);
        }
        catch
        {
            Delete(id);
            throw;
        }
    }

    /// <summary>Makes a received file's tensors readable as <c>ID-q</c>, <c>ID-k</c> and <c>ID-v</c>.</summary>
    public (StoredTensor Query, StoredTensor Key, StoredTensor Value) Import(string id, ReceivedFile received, InputTensors tensors)
    {
        TensorFile file = received.Open();
        _inputs[id] = file;
        return (_store.Import(id + "-q", file, tensors.Query, tensors.Shape.Query),
            _store.Import(id + "-k", file, tensors.Key, tensors.Shape.Key),
            _store.Import(id + "-v", file, tensors.Value, tensors.Shape.Value));
    }

    /// <summary>Removes the input of a job that has ended.</summary>
    public void DeleteInput(string id)
    {
        if (!_inputs.TryRemove(id, out TensorFile? file))
            return;
        foreach (string tensor in (string[])["-q", "-k", "-v"])
            _store.Forget(id + tensor);
        file.Dispose();
        File.Delete(file.Path);
    }

    /// <summary>The result of a job, to be read.</summary>
    /// <returns>Null when there is none.</returns>
    public FileStream? OpenResult(string id)
    {
        try
        {
            return new FileStream(
                _store.ResultPath(id), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous);
        }
        catch (Exception problem) when (problem is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>SHA-256 of a job's result in lower-case hexadecimal.</summary>
    /// <exception cref="IOException">It can't be read.</exception>
    public string Sha256OfResult(string id, CancellationToken cancellationToken) => FileDigest.Sha256(_store.ResultPath(id), cancellationToken);

    /// <summary>Removes all files of a job; who has one open can go on reading it, where the operating system is a Unix.</summary>
    public void Delete(string id)
    {
        DeleteInput(id);
        _store.DeleteJob(id);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (string id in _inputs.Keys)
            DeleteInput(id);
        RemoveFolders(_store.JobsDirectory, _owner);
        File.Delete(_lock.Name);
        _lock.Dispose();
    }

    private static void RemoveLeftovers(string lockPath)
    {
        FileStream taken;
        try
        {
            taken = Lock(lockPath, FileMode.Open);
        }
        catch (IOException)
        {
            // Its process lives, or another that starts is just removing it.
            return;
        }

        using (taken)
        {
            RemoveFolders(Path.GetDirectoryName(lockPath)!, Path.GetFileNameWithoutExtension(lockPath));
            File.Delete(lockPath);
        }
    }

    private static void RemoveFolders(string directory, string owner)
    {
        foreach (string folder in Directory.GetDirectories(directory, $"job-{owner}-*"))
            Directory.Delete(folder, recursive: true);
    }

    private static FileStream Lock(string path, FileMode mode) => new(path, mode, FileAccess.ReadWrite, FileShare.None, 1);
}
