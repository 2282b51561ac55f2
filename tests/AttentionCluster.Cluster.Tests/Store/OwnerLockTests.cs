using AttentionCluster.Cluster.Store;

namespace AttentionCluster.Cluster.Tests.Store;

/// <summary>A lock is that of a file with a name, whatever others do between its opening and its locking.</summary>
public sealed class OwnerLockTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void A_lock_whose_file_another_process_removed_between_opening_and_locking_is_not_kept()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "only Linux tells what has become of a name");
        int opened = 0;

        (OwnerLock own, string owner) = OwnerLock.Create(_folder.Path, Open);

        using (own)
        {
            Assert.Equal(2, opened);
            Assert.Equal([owner], OwnerLock.Owners(_folder.Path));

            // Who does not see that it lives takes over its jobs.
            Assert.Null(OwnerLock.TryTake(_folder.Path, owner));
        }

        FileStream Open(string path, FileMode mode)
        {
            FileStream file = LockFile.Open(path, mode);
            if (opened++ == 0)
                File.Delete(path);
            return file;
        }
    }

    [Fact]
    public void A_lock_that_another_process_took_and_removed_at_once_is_made_again_under_another_name()
    {
        var names = new List<string>();

        (OwnerLock own, string owner) = OwnerLock.Create(_folder.Path, Open);

        using (own)
        {
            Assert.Equal(2, names.Distinct().Count());
            Assert.Equal([owner], OwnerLock.Owners(_folder.Path));
        }

        FileStream Open(string path, FileMode mode)
        {
            names.Add(path);
            if (names.Count > 1)
                return LockFile.Open(path, mode);

            // Both processes have the file open; the other has locked it, and removes it before this one hears of the lock.
            using OwnerLock other = OwnerLock.TryTake(_folder.Path, Path.GetFileNameWithoutExtension(path))!;
            try
            {
                return LockFile.Open(path, FileMode.Open);
            }
            finally
            {
                other.Delete();
            }
        }
    }

    [SkippableFact]
    public void The_lock_of_a_dead_process_that_a_third_has_taken_and_removed_is_not_taken_again()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "only Linux tells what has become of a name");
        File.WriteAllText(Path.Combine(_folder.Path, "dead.lock"), "");

        Assert.Null(OwnerLock.TryTake(_folder.Path, "dead", (path, mode) =>
        {
            FileStream file = LockFile.Open(path, mode);
            File.Delete(path);
            return file;
        }));
    }

    [Fact]
    public void A_lock_that_can_not_be_opened_for_another_reason_is_not_waited_for()
    {
        Assert.Throws<DirectoryNotFoundException>(() => LockFile.Take(Path.Combine(_folder.Path, "nowhere", "lock"), TimeProvider.System));
        Assert.Throws<IOException>(() =>
            OwnerLock.TryTake(_folder.Path, "any", (path, _) => throw new IOException("too many open files", 24)));
    }
}
