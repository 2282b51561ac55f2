using System.Collections.Concurrent;
using AttentionCluster.Core.Formats;

namespace AttentionCluster.Cluster.Store;

/// <summary>How jobs go: files first, then what is journaled of them, then the name.</summary>
internal sealed partial class JobFolders
{
    /// <summary>
    /// Jobs of which nothing is left but a folder, which says to every process that something may still be journaled of them.
    /// </summary>
    private readonly ConcurrentDictionary<string, byte> _emptied = new(StringComparer.Ordinal);

    /// <summary>
    /// Jobs that are gone but for what is journaled of them: removed here, or never accepted by a process that is no more. Each waits for
    /// <see cref="DeleteEmptied"/>.
    /// </summary>
    public IReadOnlyCollection<string> Emptied => [.. _emptied.Keys];

    /// <summary>Removes all files of a job; who has one open can go on reading it, where the operating system is a Unix.</summary>
    /// <remarks>
    /// The record goes first, and for good: a folder without one is that of a job that was never accepted, and whoever finds it removes it.
    /// With a record and without the rest, the next process would have a job that failed, or one without its result.
    /// </remarks>
    public void Delete(string id)
    {
        DeleteRecord(id);
        _store.DeleteJob(id);
    }

    /// <summary>
    /// Removes all files of a job of which something is journaled, and leaves its folder until that is removed as well: a process that dies
    /// in between leaves a trace for the next one.
    /// </summary>
    public void Empty(string id)
    {
        DeleteRecord(id);
        Empty(id, _store.JobDirectory(id));
    }

    /// <summary>Removes the folder of an emptied job, of which nothing is journaled any more.</summary>
    public void DeleteEmptied(string id)
    {
        lock (_saving)
        {
            if (_isReleased)
                return;
            _store.DeleteJob(id);
            _emptied.TryRemove(id, out _);
        }
    }

    private void Empty(string id, string folder)
    {
        if (!Directory.Exists(folder))
            return;
        foreach (string left in Directory.GetFiles(folder))
            File.Delete(left);
        _emptied[id] = 0;
    }

    /// <summary>Removes a job's record, for good, and lets go of its input.</summary>
    private void DeleteRecord(string id)
    {
        string folder = _store.JobDirectory(id), record = Path.Combine(folder, JobRecordFile.Name);
        if (File.Exists(record))
        {
            File.Delete(record);
            try
            {
                DurableFile.FlushFolder(folder);
            }
            catch (IOException)
            {
                // The rest goes all the same: a disk that is in trouble needs its room.
            }
        }

        if (_inputs.TryRemove(id, out TensorFile? file))
            Close(id, file);
    }
}
