using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace AttentionCluster.Cluster.Store;

/// <summary>
/// Which job an idempotency key stands for, to all gateways that share a store: <c>keys/HASH</c> has the job's id. A key is taken while the
/// folder of its job is there, so a gateway that dies in the middle of a request leaves none behind. Looked at and changed under one lock,
/// which is held for less than a millisecond.
/// </summary>
internal sealed class IdempotencyKeys
{
    private const string UnfinishedEnding = ".new";

    private readonly TensorStore _store;
    private readonly string _owner;
    private readonly string _folder;
    private readonly TimeProvider _clock;

    /// <param name="store">Whose jobs they are.</param>
    /// <param name="owner">This process, as its jobs name it.</param>
    /// <param name="clock">For how long to wait for another gateway that holds the lock.</param>
    internal IdempotencyKeys(TensorStore store, string owner, TimeProvider clock) =>
        (_store, _owner, _folder, _clock) = (store, owner, Path.Combine(store.Directory, "keys"), clock);

    /// <summary>Takes a key for a job, whose folder is made, unless another gateway of the store has it.</summary>
    /// <param name="key">The key; this process has no other job with it.</param>
    /// <param name="id">The job's id.</param>
    /// <exception cref="IOException">The folder can't be written, or another gateway has stopped while it held the lock.</exception>
    public KeyClaim Claim(string key, string id)
    {
        using FileStream held = Hold();
        string path = PathOf(key);
        if (ReadId(path) is { } other && other != id && Directory.Exists(_store.JobDirectory(other)))
        {
            JobRecord? record = JobRecordFile.Read(_store.JobDirectory(other), out _);

            // A job of this process that still has its folder was given up: the caller has no job with this key.
            if ((record?.Owner ?? JobFolders.OwnerInName(other)) != _owner && (record is null || record.IdempotencyKey == key))
                return new KeyClaim(false, record);
        }

        Write(path, id);
        return new KeyClaim(true, null);
    }

    /// <summary>
    /// Whether a claim failed because another gateway holds the lock of the keys: that passes, and whose the key is can't be told before.
    /// </summary>
    public static bool IsHeldElsewhere(Exception problem) => LockFile.IsHeld(problem);

    /// <summary>Gives a key back whose job is not there any more.</summary>
    /// <exception cref="IOException">As for <see cref="Claim"/>; the key is free all the same, and its file goes with the next start of a
    /// gateway.</exception>
    public void Return(string key, string id)
    {
        using FileStream held = Hold();
        string path = PathOf(key);
        if (ReadId(path) == id)
            File.Delete(path);
    }

    /// <summary>Returns when it is on the disk which job a key stands for.</summary>
    /// <exception cref="IOException">The disk fails.</exception>
    internal void Flush(string key)
    {
        string path = PathOf(key);
        if (!File.Exists(path))
            return;
        using (SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
            DurableFile.Flush(file, path);
        DurableFile.FlushFolder(_folder);
    }

    /// <summary>
    /// Makes what is needed here, and removes the files of keys that are free. To be called once, before everything else.
    /// </summary>
    /// <exception cref="IOException">As for <see cref="Claim"/>.</exception>
    internal void Open()
    {
        Directory.CreateDirectory(_folder);
        using FileStream held = Hold();
        foreach (string path in Directory.GetFiles(_folder).Where(path => path != held.Name))
        {
            if (path.EndsWith(UnfinishedEnding, StringComparison.Ordinal) || ReadId(path) is not { } id
                || !Directory.Exists(_store.JobDirectory(id)))
                File.Delete(path);
        }
    }

    /// <summary>A disk that is full leaves no file: neither an empty one nor one of a key whose job has no folder.</summary>
    private void Write(string path, string id)
    {
        string unfinished = path + UnfinishedEnding;
        try
        {
            File.WriteAllText(unfinished, id);
            File.Move(unfinished, path, overwrite: true);
            Directory.CreateDirectory(_store.JobDirectory(id));
        }
        catch
        {
            File.Delete(unfinished);
            if (ReadId(path) == id)
                File.Delete(path);
            throw;
        }
    }

    /// <summary>Null when there is none, or it was not written whole.</summary>
    private static string? ReadId(string path) => File.Exists(path) && DurableFile.ReadText(path) is var id && TensorStore.IsId(id) ? id
        : null;

    /// <summary>A key may have any characters, a file name may not: the file is named by the hash of the key.</summary>
    private string PathOf(string key) => Path.Combine(_folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))));

    private FileStream Hold() => LockFile.Take(Path.Combine(_folder, "lock"), _clock);
}
