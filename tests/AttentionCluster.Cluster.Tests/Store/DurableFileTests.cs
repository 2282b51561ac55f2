using System.Buffers;
using AttentionCluster.Cluster.Identity;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Attention;
using AttentionCluster.Server.Configuration;

namespace AttentionCluster.Cluster.Tests.Store;

/// <summary>Files that outlive the power of their machine. No test can cut that: these look at what is flushed, and when.</summary>
public sealed class DurableFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _steps = [];

    private string File1 => Path.Combine(_folder.Path, "file");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_is_flushed_then_named_then_its_folder_is_flushed()
    {
        string[] wanted = [$"flush {File1}", $"name {File1}", $"flush {_folder.Path}"];

        Assert.Equal(wanted, StepsOf(() => Assert.True(DurableFile.Create(File1, "one"u8))));
        Assert.Equal(wanted, StepsOf(() => DurableFile.Replace(File1, "two"u8)));

        Assert.Equal("two", File.ReadAllText(File1));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(File1));
    }

    [Fact]
    public void Secrets_and_the_names_of_clusters_follow_that_rule()
    {
        Assert.Equal(Rule("cluster-secret"), StepsOf(() => new ClusterSecretFile(_folder.Path).Write("secret")));
        Assert.Equal(Rule("cluster-id"), StepsOf(() => new ClusterId(_folder.Path).Belong("0123456789abcdef")));
        Assert.Equal(Rule("store.json"), StepsOf(() => StoreFormat.Open(_folder.Path)));

        string[] Rule(string name) =>
            [$"flush {Path.Combine(_folder.Path, name)}", $"name {Path.Combine(_folder.Path, name)}", $"flush {_folder.Path}"];
    }

    /// <summary>It gets its name before its writer lets go of it: gateways that start together would refuse to start.</summary>
    [Fact]
    public async Task What_is_being_written_is_waited_for_by_who_reads_it()
    {
        StoreFormat.Open(_folder.Path);
        new ClusterSecretFile(_folder.Path).Write("secret");
        Assert.Null(new ClusterId(_folder.Path).Belong("0123456789abcdef"));
        Action[] readers =
        [
            () => Assert.Null(StoreFormat.WhyNot(_folder.Path)),
            () => Assert.Equal("secret", new ClusterSecretFile(_folder.Path).Write("another")),
            () => Assert.Equal("0123456789abcdef", new ClusterId(_folder.Path).Value),
        ];

        foreach (Action read in readers)
        {
            FileStream[] writers = [.. Directory.GetFiles(_folder.Path).Select(path => LockFile.Take(path, TimeProvider.System))];
            Task reading = Task.Run(read);
            await Task.WhenAny(reading, Task.Delay(TimeSpan.FromMilliseconds(50)));
            Assert.False(reading.IsCompleted, $"{reading.Exception}");
            Array.ForEach(writers, writer => writer.Dispose());
            await reading;
        }
    }

    /// <summary>Of an accepted job nothing may be missing: neither its input nor its key, nor the name of any folder above them.</summary>
    [Fact]
    public void All_that_an_accepted_job_is_made_of_is_on_the_disk_before_its_record_is()
    {
        using var store = new TensorStore(_folder.Path);
        JobFolders? jobs = null;
        string id = "";
        string[] steps =
        [
            .. StepsOf(() =>
            {
                jobs = JobFolders.Open(store);
                id = jobs.NewId();
                Assert.True(jobs.Keys.Claim("key", id).IsTaken);
                using ReceivedFile input = jobs.Receive(id, 3, isTransient: false);
                input.Append(new ReadOnlySequence<byte>("abc"u8.ToArray()));
                input.Complete();
                jobs.Save(new JobRecord
                {
                    Id = id, Owner = "", Created = DateTimeOffset.UtcNow, Request = new AttentionOptions(), Tensors = "",
                    InputBytes = 3, InputChecksum = input.Checksum, IdempotencyKey = "key",
                });
            }).Select(step => step.Replace(_folder.Path, "DATA", StringComparison.Ordinal)),
        ];
        using JobFolders open = jobs!;
        string key = Path.GetFileName(
            Assert.Single(Directory.GetFiles(Path.Combine(_folder.Path, "keys")), path => Path.GetFileName(path) != "lock"));

        Assert.Equal(
            [
                "flush DATA",
                $"flush DATA/jobs/{id}/input.safetensors",
                $"flush DATA/keys/{key}", "flush DATA/keys",
                $"flush DATA/jobs/{id}/job.json", $"name DATA/jobs/{id}/job.json", $"flush DATA/jobs/{id}",
                "flush DATA/jobs",
            ],
            steps.Select(step => step.Replace('\\', '/')));
    }

    [Fact]
    public async Task Of_several_that_create_a_file_one_wins_and_all_find_it_whole()
    {
        using var start = new Barrier(8);
        bool[] isFirst = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() =>
        {
            start.SignalAndWait();
            bool won = DurableFile.Create(File1, System.Text.Encoding.ASCII.GetBytes(new string((char)('a' + i), 1000)));
            Assert.Equal(1000, File.ReadAllText(File1).Length);
            return won;
        })));

        Assert.Single(isFirst, won => won);
        Assert.Single(File.ReadAllText(File1).Distinct());
        Assert.Equal([File1], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void What_can_not_be_written_leaves_nothing_behind()
    {
        Directory.CreateDirectory(File1);

        Assert.ThrowsAny<SystemException>(() => DurableFile.Replace(File1, "no"u8));

        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void What_a_dead_process_left_unfinished_is_removed_or_written_over_and_what_is_being_written_is_not()
    {
        File.WriteAllText(File1 + ".new", "the beginning of something long");
        DurableFile.Replace(File1, "short"u8);
        Assert.Equal("short", File.ReadAllText(File1));
        File.WriteAllText(File1 + ".new", "left");
        string written = Path.Combine(_folder.Path, "other.new");

        using (LockFile.Take(written, TimeProvider.System))
            DurableFile.RemoveUnfinished(_folder.Path);

        Assert.Equal([File1, written], Directory.GetFiles(_folder.Path).Order(StringComparer.Ordinal));
    }

    private List<string> StepsOf(Action work)
    {
        _steps.Clear();
        DurableFile.Observer.Value = _steps.Add;
        work();
        DurableFile.Observer.Value = null;
        return [.. _steps];
    }
}
