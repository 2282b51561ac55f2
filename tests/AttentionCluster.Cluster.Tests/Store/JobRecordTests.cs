using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Tests.Store;

/// <summary>Jobs whose process is no more, in the state that it left them in.</summary>
public sealed class JobRecordTests : IDisposable
{
    private static readonly SafetensorsLayout Layout = SafetensorsHeader.Build(
        [("q", ElementType.Float32, [2, 4]), ("k", ElementType.Float32, [3, 4]), ("v", ElementType.Float32, [3, 4])]);

    private static readonly byte[] Bytes =
        [.. Layout.Header, .. Enumerable.Range(0, (int)Layout.FileLength - Layout.Header.Length).Select(i => (byte)i)];

    private static readonly InputTensors Tensors =
        InputTensors.Find(SafetensorsPrefix.Parse(Layout.Header.AsSpan(8), "input"), new AttentionOptions(), "input", out _)!;

    private static readonly AttentionOptions Options = new()
    {
        Causal = true,
        Align = CausalAlignment.TopLeft,
        Offset = -3,
        Window = (5, 7),
        Scale = 0.1 + 0.2,
        VerifyRows = 9,
        KeysPerSegment = 2,
        RowsPerBlock = 1,
        Kernel = KernelChoice.Portable,
        WithLse = false,
    };

    private readonly TemporaryFolder _folder = new();
    private readonly TensorStore _store;

    public JobRecordTests() => _store = new TensorStore(_folder.Path);

    [Fact]
    public void A_job_is_taken_over_as_it_was_accepted_and_its_tensors_are_read_again()
    {
        string id = AcceptAndDie();

        using JobFolders next = JobFolders.Open(_store);
        JobRecord job = Assert.Single(TakeOver(next));

        Assert.Equal((id, next.Owner, "key"), (job.Id, job.Owner, job.IdempotencyKey));
        Assert.Equal(Options, job.Request);
        StoredTensor value = next.Reopen(job, Options, out _, out _)!.Value;
        byte[] read = new byte[48];
        value.File.Read(value.Entry, 0, read);
        Assert.Equal(Bytes[^48..], read);
        Assert.Null(next.CheckInput(job, default));
        Assert.Empty(TakeOver(next));
    }

    [Fact]
    public void The_end_of_a_job_is_known_to_the_next()
    {
        JobRecord ended;
        using (JobFolders jobs = JobFolders.Open(_store))
        {
            ended = Accept(jobs) with
            {
                State = JobState.Failed,
                Ended = DateTimeOffset.UtcNow,
                ErrorCode = "why",
                ErrorMessage = "in words"
            };
            jobs.Save(ended);
        }

        using JobFolders next = JobFolders.Open(_store);
        JobRecord job = Assert.Single(TakeOver(next));

        Assert.Equal((ended.State, ended.Ended, "why", "in words"), (job.State, job.Ended, job.ErrorCode, job.ErrorMessage));
    }

    [Fact]
    public void Jobs_of_a_process_that_lives_are_left_alone_and_those_of_a_dead_one_go_to_exactly_one()
    {
        using JobFolders living = JobFolders.Open(_store);
        Accept(living);
        for (int i = 0; i < 20; i++)
            AcceptAndDie();
        using JobFolders left = JobFolders.Open(_store);
        using JobFolders right = JobFolders.Open(_store);

        IReadOnlyList<JobRecord>[] taken = new IReadOnlyList<JobRecord>[2];
        Parallel.Invoke(() => taken[0] = TakeOver(left), () => taken[1] = TakeOver(right));

        Assert.Equal(20, taken[0].Count + taken[1].Count + TakeOver(left).Count + TakeOver(right).Count);
        Assert.Empty(taken[0].Select(job => job.Id).Intersect(taken[1].Select(job => job.Id)));
    }

    [Fact]
    public void A_process_that_has_let_go_of_its_jobs_changes_none_of_them()
    {
        JobFolders stopped = JobFolders.Open(_store);
        JobRecord job = Accept(stopped);
        stopped.Release();

        Assert.Throws<IOException>(() => stopped.Save(job with { State = JobState.Cancelled }));

        using JobFolders next = JobFolders.Open(_store);
        Assert.Null(Assert.Single(TakeOver(next)).State);
    }

    [Fact]
    public void A_record_that_was_not_written_whole_is_that_of_a_job_that_was_never_accepted()
    {
        string id = AcceptAndDie();
        File.Move(RecordOf(id), RecordOf(id) + ".new");

        using JobFolders next = JobFolders.Open(_store);

        Assert.Empty(TakeOver(next));
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(RecordOf(id))!));
        next.DeleteEmptied(Assert.Single(next.Emptied));
        Assert.False(Directory.Exists(Path.GetDirectoryName(RecordOf(id))));
    }

    [Theory]
    [InlineData("0.30000000000000004", "0.30000000000000005")]
    [InlineData("\"sha256\"", "\"sha\"")]
    [InlineData("}}", "")]
    public void A_damaged_record_is_a_failed_job_and_stays_one(string text, string damage)
    {
        string id = AcceptAndDie();
        File.WriteAllText(RecordOf(id), File.ReadAllText(RecordOf(id)).Replace(text, damage, StringComparison.Ordinal));

        for (int i = 0; i < 2; i++)
        {
            using JobFolders next = JobFolders.Open(_store);
            JobRecord job = Assert.Single(TakeOver(next));
            Assert.Equal((id, JobState.Failed, "record-damaged"), (job.Id, job.State, job.ErrorCode));
        }
    }

    [Fact]
    public void A_record_of_a_newer_version_stays_as_it_is_and_its_job_is_anothers()
    {
        string id = AcceptAndDie();
        string newer = File.ReadAllText(RecordOf(id)).Replace("\"format\":3", "\"format\":99", StringComparison.Ordinal);
        File.WriteAllText(RecordOf(id), newer);
        string owner = JobFolders.OwnerInName(id);
        var told = new List<string>();

        using (JobFolders next = JobFolders.Open(_store))
        {
            for (int i = 0; i < 2; i++)
                Assert.Empty(next.TakeOver((job, problem) => told.Add($"{job}: {problem.Message}")));
            Assert.Equal(owner, next.OwnerOfJob(id));
        }

        Assert.Contains("newer version", Assert.Single(told), StringComparison.Ordinal);
        Assert.Equal(newer, File.ReadAllText(RecordOf(id)));
    }

    [Fact]
    public void A_record_with_an_option_that_this_version_does_not_know_is_one_of_a_newer_version()
    {
        string id = AcceptAndDie();
        string job = JsonDocument.Parse(File.ReadAllText(RecordOf(id))).RootElement.GetProperty("job").GetRawText();
        string newer = Sealed(3, job.Replace("\"causal\":true", "\"causal\":true,\"temperature\":0.5", StringComparison.Ordinal));
        File.WriteAllText(RecordOf(id), newer);
        var told = new List<string>();

        using JobFolders next = JobFolders.Open(_store);

        Assert.Empty(next.TakeOver((_, problem) => told.Add(problem.Message)));
        Assert.Contains("the option temperature", Assert.Single(told), StringComparison.Ordinal);
        Assert.Equal(newer, File.ReadAllText(RecordOf(id)));
    }

    /// <summary>As they stand in data directories: 0.1.0 wrote neither a format nor the later options.</summary>
    [Theory]
    [InlineData(0, """{"causal":true,"align":"TopLeft","offset":-3,"window":[5,7],"scale":0.30000000000000004,"verify_rows":9,"keys_per_segment":2,"rows_per_block":1,"kernel":"Portable","with_lse":false}""")]
    [InlineData(2, """{"causal":true,"align":"TopLeft","offset":-3,"window":[5,7],"sinks":0,"mask_block":[128,128],"output":"Float32","reject_non_finite":false,"scale":0.30000000000000004,"verify_rows":9,"keys_per_segment":2,"rows_per_block":1,"kernel":"Portable","with_lse":false}""")]
    [InlineData(2, """{"causal":false,"align":"BottomRight","window":[-1,-1],"sinks":4,"softcap":30,"mask_block":[16,8],"output":"SameAsInput","reject_non_finite":true,"verify_rows":0,"kernel":"Auto","with_lse":true}""")]
    public void Options_in_a_record_of_an_earlier_format_are_what_they_were(int format, string request)
    {
        string id = AcceptAndDie();
        JsonObject job = JsonNode.Parse(File.ReadAllText(RecordOf(id)))!["job"]!.AsObject();
        job["request"] = JsonNode.Parse(request);
        File.WriteAllText(RecordOf(id), Sealed(format, job.ToJsonString()));

        using JobFolders next = JobFolders.Open(_store);
        JobRecord taken = Assert.Single(TakeOver(next));

        Assert.Equal((null, null), (taken.State, taken.ErrorMessage));
        Assert.Equal(
            request.Contains("softcap", StringComparison.Ordinal)
                ? new AttentionOptions
                {
                    Sinks = 4,
                    Softcap = 30,
                    MaskBlock = (16, 8),
                    Output = OutputType.SameAsInput,
                    RejectNonFinite = true
                }
                : Options,
            taken.Request);
    }

    [Theory]
    [InlineData("\"kernel\":\"Portable\"", "\"kernel\":\"Quantum\"")]
    [InlineData("\"with_lse\":false", "\"softness\":1")]
    [InlineData("\"with_lse\":false", "\"with_lse\":false,\"softness\":1")]
    public void Options_in_a_record_of_an_earlier_format_that_nobody_wrote_are_damage(string text, string damage)
    {
        string id = AcceptAndDie();
        const string request = """{"causal":true,"align":"TopLeft","window":[5,7],"verify_rows":9,"kernel":"Portable","with_lse":false}""";
        JsonObject job = JsonNode.Parse(File.ReadAllText(RecordOf(id)))!["job"]!.AsObject();
        job["request"] = JsonNode.Parse(request.Replace(text, damage, StringComparison.Ordinal));
        File.WriteAllText(RecordOf(id), Sealed(2, job.ToJsonString()));

        using JobFolders next = JobFolders.Open(_store);

        Assert.Equal((JobState.Failed, "record-damaged"), Assert.Single(TakeOver(next)) is var taken ? (taken.State, taken.ErrorCode)
            : default);
    }

    /// <summary>
    /// That a file is locked says no more of it than that descriptors are used up, and can be arranged for one file alone.
    /// </summary>
    [Fact]
    public void A_record_that_can_not_be_read_now_is_no_damaged_one_and_its_job_is_taken_over_later()
    {
        string id = AcceptAndDie();
        byte[] record = File.ReadAllBytes(RecordOf(id));
        var told = new List<string>();

        using JobFolders next = JobFolders.Open(_store);
        using (new FileStream(RecordOf(id), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            for (int i = 0; i < 2; i++)
                Assert.Empty(next.TakeOver((job, _) => told.Add(job)));
            Assert.NotNull(next.OwnerOfJob(id));
        }

        Assert.Equal([id], told);
        Assert.Equal(record, File.ReadAllBytes(RecordOf(id)));
        Assert.Null(Assert.Single(TakeOver(next)).State);
    }

    [Fact]
    public void An_input_that_can_not_be_opened_now_is_no_damaged_one()
    {
        string id = AcceptAndDie();
        using JobFolders next = JobFolders.Open(_store);
        JobRecord job = Assert.Single(TakeOver(next));

        using (new FileStream(Path.Combine(Path.GetDirectoryName(RecordOf(id))!, "input.safetensors"), FileMode.Open, FileAccess.ReadWrite,
            FileShare.None))
            Assert.True(TransientFailure.Is(Assert.ThrowsAny<IOException>(() => next.Reopen(job, Options, out _, out _))));

        Assert.NotNull(next.Reopen(job, Options, out _, out _));
    }

    [Fact]
    public void An_input_of_another_length_or_with_other_bytes_is_refused()
    {
        string id = AcceptAndDie();
        string input = Path.Combine(Path.GetDirectoryName(RecordOf(id))!, "input.safetensors");
        using JobFolders next = JobFolders.Open(_store);
        JobRecord job = Assert.Single(TakeOver(next));

        byte[] other = [.. Bytes[..^1], (byte)(Bytes[^1] ^ 1)];
        File.WriteAllBytes(input, other);
        Assert.Equal("input-damaged", next.CheckInput(job, default)!.Code.Name());
        File.WriteAllBytes(input, Bytes[..^1]);
        Assert.Null(next.Reopen(job, Options, out _, out Refusal? refusal));
        Assert.Equal("input-damaged", refusal!.Code.Name());
        File.Delete(input);
        Assert.Null(next.Reopen(job, Options, out _, out refusal));
        Assert.Equal("input-damaged", refusal!.Code.Name());
    }

    [Fact]
    public void A_result_is_opened_again_with_its_rows_unless_it_is_another_or_a_shorter_one()
    {
        AttentionPlan plan = Plan(1);
        using (ResultFile begun = _store.OpenResult("job", plan, "", out bool isNew))
        {
            Assert.True(isNew);
            begun.WriteRows(0, 0, 0, [1, 2], [3, 4]);
        }

        using (ResultFile again = _store.OpenResult("job", plan, "", out bool isNew))
        {
            Assert.False(isNew);
            again.Complete(default);
        }

        // It may have been completed, and its end not written down.
        using (ResultFile completed = _store.OpenResult("job", plan, "", out bool isNew))
            Assert.False(isNew);
        using (TensorFile file = TensorFile.Open(Path.Combine(_folder.Path, "jobs", "job", "result.safetensors")))
        {
            byte[] rows = new byte[8];
            file.Read(file.Require("o"), 0, rows);
            Assert.Equal((1f, 2f), (BitConverter.ToSingle(rows, 0), BitConverter.ToSingle(rows, 4)));
        }

        using (_store.OpenResult("job", Plan(2), "", out bool isNew))
            Assert.True(isNew);
        using (FileStream file = File.OpenWrite(Path.Combine(_folder.Path, "jobs", "job", "result.safetensors")))
            file.SetLength(file.Length - 1);
        using (_store.OpenResult("job", Plan(2), "", out bool isNew))
            Assert.True(isNew);
    }

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    private static AttentionPlan Plan(int rowsPerBlock)
    {
        var shape = new TensorShape(1, 1, 2, 1);
        return Plans.Of(shape, shape, shape, new AttentionOptions { RowsPerBlock = rowsPerBlock });
    }

    private static IReadOnlyList<JobRecord> TakeOver(JobFolders folders) => folders.TakeOver((_, problem) => throw problem);

    private static JobRecord Accept(JobFolders jobs)
    {
        string id = jobs.NewId();
        using ReceivedFile file = jobs.Receive(id, Bytes.Length, isTransient: false);
        file.Append(new ReadOnlySequence<byte>(Bytes));
        file.Complete();
        jobs.Import(id, file, Tensors);
        var job = new JobRecord
        {
            Id = id,
            Owner = "",
            Created = DateTimeOffset.UtcNow,
            Request = Options,
            Tensors = "k, q, v",
            InputBytes = Bytes.Length,
            InputChecksum = file.Checksum,
            IdempotencyKey = "key",
        };
        jobs.Save(job);
        return job;
    }

    /// <returns>The id of a job whose process is no more.</returns>
    private string AcceptAndDie()
    {
        using JobFolders jobs = JobFolders.Open(_store);
        return Accept(jobs).Id;
    }

    /// <summary>The text of a record file, with the hash that belongs to it.</summary>
    private static string Sealed(int format, string job)
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(job)));
        return $$"""{{{(format == 0 ? "" : $"\"format\":{format},")}}"sha256":"{{hash}}","job":{{job}}}""";
    }

    private string RecordOf(string id) => Path.Combine(_folder.Path, "jobs", id, "job.json");
}
