using System.Buffers;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Tests.Store;

/// <summary>The files of jobs that were sent to a node.</summary>
public sealed class JobFoldersTests : IDisposable
{
    private static readonly SafetensorsLayout Layout = SafetensorsHeader.Build(
        [("q", ElementType.Float32, [2, 4]), ("k", ElementType.Float32, [3, 4]), ("v", ElementType.Float32, [3, 4])]);

    private static readonly byte[] Bytes =
        [.. Layout.Header, .. Enumerable.Range(0, (int)Layout.FileLength - Layout.Header.Length).Select(i => (byte)i)];

    private static readonly InputTensors Tensors =
        InputTensors.Find(SafetensorsPrefix.Parse(Layout.Header.AsSpan(8), "input"), new AttentionOptions(), "input", out _)!;

    private readonly TemporaryFolder _folder = new();
    private readonly TensorStore _store;

    public JobFoldersTests() => _store = new TensorStore(_folder.Path);

    [Fact]
    public void A_file_that_arrived_in_pieces_is_read_as_the_jobs_tensors_until_its_input_is_deleted()
    {
        using JobFolders jobs = JobFolders.Open(_store);
        string id = jobs.NewId();
        using ReceivedFile file = jobs.Receive(id, Bytes.Length, isTransient: false);
        for (int at = 0; at < Bytes.Length; at += 50)
            file.Append(new ReadOnlySequence<byte>(Bytes.AsMemory(at, Math.Min(50, Bytes.Length - at))));
        file.Complete();

        (StoredTensor query, _, StoredTensor value, _) = jobs.Import(id, file, Tensors);

        Assert.Same(query, _store.Find(id + "-q"));
        Assert.Same(value, _store.Find(id + "-v"));
        byte[] read = new byte[48];
        value.File.Read(value.Entry, 0, read);
        Assert.Equal(Bytes[^48..], read);
        jobs.DeleteInput(id);
        Assert.Null(_store.Find(id + "-q"));
        Assert.Empty(Directory.GetFiles(FolderOf(id)));
    }

    [Fact]
    public void A_job_whose_removal_is_broken_off_is_none_to_the_next_process_and_its_files_go()
    {
        string id;
        using (JobFolders jobs = JobFolders.Open(_store))
        {
            id = jobs.NewId();
            using ReceivedFile file = jobs.Receive(id, Bytes.Length, isTransient: false);
            file.Append(new ReadOnlySequence<byte>(Bytes));
            file.Complete();
            jobs.Save(new JobRecord
            {
                Id = id,
                Owner = "",
                Created = DateTimeOffset.UnixEpoch,
                Request = new AttentionOptions(),
                Tensors = "",
                InputBytes = Bytes.Length,
                InputChecksum = file.Checksum,
            });
            DurableFile.Observer.Value = _ => throw new InvalidOperationException("the process dies here");
            Assert.Throws<InvalidOperationException>(() => jobs.Delete(id));
            DurableFile.Observer.Value = null;

            Assert.Equal(["input.safetensors"], Directory.GetFiles(FolderOf(id)).Select(Path.GetFileName));
        }

        using JobFolders next = JobFolders.Open(_store);
        Assert.Empty(next.TakeOver((_, problem) => Assert.Fail(problem.Message)));
        Assert.False(Directory.Exists(FolderOf(id)));
    }

    [Fact]
    public void Bytes_in_several_places_are_written_one_after_the_other()
    {
        using JobFolders jobs = JobFolders.Open(_store);
        string id = jobs.NewId();
        using ReceivedFile file = jobs.Receive(id, 5, isTransient: false);

        var first = new Piece([1, 2]);
        file.Append(new ReadOnlySequence<byte>(first, 0, first.Then([3, 4]).Then([5]), 1));
        file.Complete();

        Assert.Equal([1, 2, 3, 4, 5], File.ReadAllBytes(Path.Combine(FolderOf(id), "input.safetensors")));
    }

    [Fact]
    public void A_file_takes_no_more_than_its_length_and_is_complete_with_no_less()
    {
        using JobFolders jobs = JobFolders.Open(_store);
        using ReceivedFile file = jobs.Receive(jobs.NewId(), 10, isTransient: false);
        file.Append(new ReadOnlySequence<byte>(new byte[9]));

        Assert.Throws<InvalidOperationException>(file.Complete);
        Assert.Throws<ArgumentException>(() => file.Append(new ReadOnlySequence<byte>(new byte[2])));
        Assert.Equal(9, file.Received);
    }

    [Fact]
    public void A_file_that_was_not_completed_deletes_itself()
    {
        using JobFolders jobs = JobFolders.Open(_store);
        string id = jobs.NewId();

        jobs.Receive(id, 10, isTransient: false).Dispose();

        Assert.Empty(Directory.GetFiles(FolderOf(id)));
    }

    [Fact]
    public void More_than_the_disk_has_can_not_be_received_and_leaves_nothing()
    {
        using JobFolders jobs = JobFolders.Open(_store);
        string id = jobs.NewId();

        Assert.ThrowsAny<IOException>(() => jobs.Receive(id, DiskSpace.FreeBytes(_folder.Path)!.Value + (1L << 40), isTransient: false));

        Assert.False(Directory.Exists(FolderOf(id)));
    }

    [Fact]
    public void What_a_process_that_is_no_more_left_behind_is_removed_and_what_a_living_one_has_is_not()
    {
        using JobFolders living = JobFolders.Open(_store);
        string livingId = living.NewId();
        living.Receive(livingId, 10, isTransient: false);
        Directory.CreateDirectory(FolderOf("job-deadbeef-1"));
        File.WriteAllText(Path.Combine(FolderOf("job-deadbeef-1"), "input.safetensors"), "half");
        File.WriteAllText(Path.Combine(_folder.Path, "jobs", "deadbeef.lock"), "");
        Directory.CreateDirectory(FolderOf("of-somebody-else"));

        using JobFolders next = JobFolders.Open(_store);
        Assert.Empty(next.TakeOver((_, problem) => throw problem));

        // Something may be journaled of it: folder and lock tell the next process so.
        Assert.Equal("job-deadbeef-1", Assert.Single(next.Emptied));
        Assert.Empty(Directory.GetFiles(FolderOf("job-deadbeef-1")));
        Assert.True(File.Exists(Path.Combine(_folder.Path, "jobs", "deadbeef.lock")));

        next.DeleteEmptied("job-deadbeef-1");
        Assert.Empty(next.TakeOver((_, problem) => throw problem));
        Assert.False(Directory.Exists(FolderOf("job-deadbeef-1")));
        Assert.False(File.Exists(Path.Combine(_folder.Path, "jobs", "deadbeef.lock")));
        Assert.True(Directory.Exists(FolderOf(livingId)));
        Assert.True(Directory.Exists(FolderOf("of-somebody-else")));
        Assert.NotEqual(livingId, next.NewId());
    }

    [Fact]
    public void A_process_that_ends_in_order_leaves_nothing()
    {
        JobFolders jobs = JobFolders.Open(_store);
        using (ReceivedFile file = jobs.Receive(jobs.NewId(), 10, isTransient: false))
            jobs.Dispose();

        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_folder.Path, "jobs")));
    }

    [Theory]
    [InlineData("..")]
    [InlineData("../../etc")]
    [InlineData("a/b")]
    public void An_id_that_leads_elsewhere_is_none(string id)
    {
        using JobFolders jobs = JobFolders.Open(_store);

        Assert.Throws<ArgumentException>(() => jobs.Receive(id, 10, isTransient: false));
        Assert.Throws<ArgumentException>(() => jobs.OpenResult(id));
        Assert.Throws<ArgumentException>(() => jobs.Delete(id));
    }

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    private string FolderOf(string id) => Path.Combine(_folder.Path, "jobs", id);

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(byte[] bytes) => Memory = bytes;

        public Piece Then(byte[] bytes)
        {
            var next = new Piece(bytes) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
