using AttentionCluster.Core;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Cluster.Store;

/// <summary>How the jobs of processes that are no more come to this one.</summary>
internal sealed partial class JobFolders
{
    /// <summary>Folders of jobs that only a newer version can read, or that can't be read now; each is told of once.</summary>
    private readonly HashSet<string> _leftAlone = new(StringComparer.Ordinal);

    private bool _hasLookedAtAll;

    /// <summary>
    /// Takes over the jobs of processes that are no more, and removes what they had begun and not accepted. A record that is damaged
    /// becomes that of a failed job. Costs little while nobody has died.
    /// </summary>
    /// <param name="problems">Told of jobs that could not be taken over; the next call tries again.</param>
    /// <returns>The jobs, the first accepted first; they are this process's from now on.</returns>
    public IReadOnlyList<JobRecord> TakeOver(Action<string, Exception> problems)
    {
        // Whoever was here last may have left jobs and no lock; later on each that dies leaves one.
        HashSet<string> owners = [.. OwnerLock.Owners(_store.JobsDirectory)];
        bool hasLookedAtAll = _hasLookedAtAll || AddOwnersOfJobs(owners);
        var taken = new List<JobRecord>();
        foreach (string owner in owners.Where(owner => owner != Owner))
        {
            try
            {
                using OwnerLock? dead = OwnerLock.TryTake(_store.JobsDirectory, owner);
                if (dead is not null && TakeOver(owner, taken, problems))
                    dead.Delete();
            }
            catch (IOException)
            {
                // Whether it lives can't be known now: the next look tells.
                hasLookedAtAll = false;
            }
        }

        _hasLookedAtAll = hasLookedAtAll;
        return [.. taken.OrderBy(job => job.Created)];
    }

    /// <summary>The process that gave a job its id.</summary>
    internal static string OwnerInName(string folder) => Path.GetFileName(folder).Split('-') is ["job", string owner, _] ? owner : "";

    private static string OwnerOf(string folder) => JobRecordFile.OwnerOfNewer(folder, out _) ?? JobRecordFile.Read(folder, out _)?.Owner
        ?? OwnerInName(folder);

    private bool MayBeOwn(string folder)
    {
        try
        {
            return OwnerOf(folder) == Owner;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    /// <returns>Whether all records could be read.</returns>
    private bool AddOwnersOfJobs(HashSet<string> owners)
    {
        bool isComplete = true;
        foreach (string folder in Folders())
        {
            try
            {
                owners.Add(OwnerOf(folder));
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                isComplete = false;
            }
        }

        return isComplete;
    }

    /// <summary>Under the lock of the process that is no more.</summary>
    /// <returns>Whether nothing of it is left.</returns>
    private bool TakeOver(string owner, List<JobRecord> taken, Action<string, Exception> problems)
    {
        bool isComplete = true;
        foreach (string folder in Folders())
        {
            JobRecord? record;
            string? damage;
            try
            {
                if (JobRecordFile.OwnerOfNewer(folder, out string reason) is { } newer)
                {
                    isComplete &= newer != owner;
                    if (newer == owner && _leftAlone.Add(folder))
                        problems(Path.GetFileName(folder), new IOException(reason));
                    continue;
                }

                record = JobRecordFile.Read(folder, out damage);
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                // It may be a job of this owner, and a good one.
                isComplete = false;
                if (_leftAlone.Add(folder))
                    problems(Path.GetFileName(folder), problem);
                continue;
            }

            if ((record?.Owner ?? OwnerInName(folder)) != owner)
                continue;
            try
            {
                DurableFile.RemoveUnfinished(folder);
                if (record is null && damage is null)
                {
                    // Its lock is kept until nothing is journaled under its name.
                    Empty(Path.GetFileName(folder), folder);
                    isComplete = false;
                    continue;
                }

                record = (record ?? RecordOfDamaged(folder, damage!)) with { Owner = Owner };
                JobRecordFile.Write(folder, record);
                taken.Add(record);
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                isComplete = false;
                problems(Path.GetFileName(folder), problem);
            }
        }

        return isComplete;
    }

    /// <summary>Nothing of the job is known but that it was accepted: its owner must learn that it is lost.</summary>
    private static JobRecord RecordOfDamaged(string folder, string damage)
    {
        string id = Path.GetFileName(folder);
        DateTimeOffset changed = Directory.GetLastWriteTimeUtc(folder);
        return new JobRecord
        {
            Id = id,
            Owner = "",
            Created = changed,
            Request = new AttentionOptions(),
            Tensors = "",
            InputBytes = 0,
            InputChecksum = "",
            State = JobState.Failed,
            Ended = changed,
            ErrorCode = Core.ErrorCode.RecordDamaged.Name(),
            ErrorMessage = $"the record of job {id} can't be read any more ({damage}); send the job again",
        };
    }
}
