using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using AttentionCluster.Cluster.Hosting;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Cluster.Jobs.Reduction;
using AttentionCluster.Cluster.Journal;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Cluster.Versions;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Cluster.Tests.Journal;

/// <summary>
/// A job that outlives its gateways, each of which is an entity here with a coordinator below it. The test is the worker.
/// </summary>
public abstract class JournaledJob : TestKit
{
    private const string Job = "job";

    private readonly TemporaryFolder _folder = new();
    private readonly List<IDisposable> _open = [];
    private readonly Worker _worker = new();
    private readonly TestProbe _roster;
    private readonly TensorStore _store;
    private int _gateways;

    private protected JournaledJob(JournalOptions options, string? folder = null)
        : base(Configuration(options, ref folder))
    {
        Folder = folder!;
        Database = new JournalDatabase(options, Folder);
        Database.Open();
        Removal = Sys.ActorOf(Props.Create(() => new JournalRemoval(Database)));
        _store = new TensorStore(_folder.Path);
        (_roster, WorkerActor) = (CreateTestProbe(), CreateTestProbe());
    }

    /// <summary>Where the journal is.</summary>
    protected string Folder { get; }

    private protected JournalDatabase Database { get; }

    private protected IActorRef Removal { get; }

    /// <summary>Gets the tasks; another one for each gateway.</summary>
    private protected TestProbe WorkerActor { get; private set; }

    private protected IActorRef Entity { get; private set; } = ActorRefs.Nobody;

    private protected ResultFile Result { get; private set; } = null!;

    private protected int BlockCount => _worker.Plan.BlockCount;

    private protected List<JobProgress> Progress { get; } = [];

    protected override void AfterAll()
    {
        base.AfterAll();
        _open.ForEach(open => open.Dispose());
        _worker.Dispose();
        _store.Dispose();
        _folder.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>A gateway begins the job, or goes on with it.</summary>
    private protected async Task<Task<JobEnd>> BeginAsync(Func<JobRun, Props>? coordinators = null)
    {
        string owner = $"gateway{++_gateways}";
        WorkerActor = CreateTestProbe();
        WorkerActor.IgnoreMessages(message => message is JobEnded { Segment: not null });
        IActorRef segments = CreateTestProbe();
        Func<JobRun, Props> made = coordinators ?? (run => Props.Create(() => new JobCoordinator(run, segments, _roster)));
        Entity = CreateTestProbe().ChildActorOf(Props.Create(() => new JobEntity(Job, Removal, made)), $"{owner}_{Job}");
        JobHistory history = await HistoryAsync();
        Result = _store.OpenResult(Job, _worker.Plan, history.Options, out bool isNew);
        _open.Add(Result);
        JobRun run = NewRun(owner) with
        {
            Name = $"{Job}.{owner}",
            FormerNames = [.. history.Owners.Select(former => $"{Job}.{former}")],
            BlocksDone = isNew ? [] : [.. history.Blocks.Blocks.Where(block => block < BlockCount)],
        };
        Entity.Tell(new JobEntity.Run(owner, Job, run, isNew));
        if (coordinators is not null)
            return run.End.Task;
        _roster.FishForMessage<WorkerRoster.Subscribe>(_ => true, Patience.Limit);
        Coordinator = _roster.Sender;
        return run.End.Task;
    }

    /// <summary>What the job's coordinator is given; needs a <see cref="Result"/> when it computes.</summary>
    private protected JobRun NewRun(string? owner)
    {
        var assembly = new BlockAssembly(_worker.Plan, _worker.DataPlane, Result);
        _open.Add(assembly);
        return new JobRun(
            new JobRequest(Job, _worker.Query, _worker.Key, _worker.Value, _worker.Plan.Options) { Owner = owner }, _worker.Plan,
                SegmentBytes: 1,
            new JobLimits(1, PartialsMax: 1000), _worker.DataPlane, assembly, TimeProvider.System,
            new ProgressCall(Progress.Add), new TaskCompletionSource<JobEnd>(TaskCreationOptions.RunContinuationsAsynchronously));
    }

    private protected IActorRef Coordinator { get; private set; } = ActorRefs.Nobody;

    /// <summary>The worker is there: from now on it gets tasks, one after the other.</summary>
    private protected void WorkerComes()
    {
        var description = new WorkerDescription
        {
            Name = "worker",
            Threads = 2,
            SegmentBytesMax = 1 << 30,
            QueryBytesMax = 1 << 30,
            PartialBytesMax = 1 << 30
        };
        description.Families.Add((int)_worker.Plan.Family);
        description.TaskFields.AddRange(TaskFields.All);
        Coordinator.Tell(new WorkerRoster.WorkerUp(description, WorkerActor));
    }

    /// <summary>Computes tasks until the job needs no more.</summary>
    /// <returns>The tasks.</returns>
    private protected async Task<List<TaskId>> ComputeAsync(int tasksMax = int.MaxValue)
    {
        var computed = new List<TaskId>();
        while (computed.Count < tasksMax)
        {
            object message = WorkerActor.FishForMessage(message => message is ComputeTask
                || (message is JobEnded ended && ended.Job == $"{Job}.gateway{_gateways}"));
            if (message is not ComputeTask task)
                break;
            IActorRef coordinator = WorkerActor.Sender;
            coordinator.Tell(await _worker.Runner.RunAsync(task, default).InTime());
            computed.Add(TaskId.Of(task.Block, task.Segment.Segment));
        }

        return computed;
    }

    /// <summary>Waits until so many blocks are journaled.</summary>
    private protected async Task JournalsAsync(int blocks)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        while ((await HistoryAsync()).Blocks.Count != blocks)
            await Task.Delay(10, limit.Token);
    }

    private protected Task<JobHistory> HistoryAsync() => Entity.Ask<JobHistory>(new JobEntity.Open(Job), Patience.Limit);

    /// <summary>The gateway is no more.</summary>
    private protected void Die()
    {
        Watch(Entity);
        Sys.Stop(Entity);
        ExpectTerminated(Entity);
        _open.ForEach(open => open.Dispose());
        _open.Clear();
    }

    private protected Task<JobEntity.Answer> ForgetAsync() => Entity.Ask<JobEntity.Answer>(new JobEntity.Forget(Job), Patience.Limit);

    private protected Task<JobEntity.Answer> SettleAsync() => Entity.Ask<JobEntity.Answer>(new JobEntity.Settle(Job), Patience.Limit);

    /// <summary>Asserts that the result is what one loop in one thread gives.</summary>
    private protected void AssertSameBits()
    {
        (float[] output, float[] lse) = CoreAttention.Compute(_worker.Plan, _worker.Query, _worker.Key, _worker.Value);
        Assert.Equal((CoreAttention.Sha256(output), CoreAttention.Sha256(lse)), Result.Complete(default));
    }

    /// <summary>The tasks of some blocks.</summary>
    private protected IEnumerable<TaskId> TasksOf(IEnumerable<int> blocks) =>
        from block in blocks.Select(_worker.Plan.Block)
        from segment in Enumerable.Range(block.Segments.Start, block.Segments.End - block.Segments.Start)
        select TaskId.Of(block.Index, segment);

    private static Config Configuration(JournalOptions options, ref string? folder)
    {
        folder ??= Directory.CreateTempSubdirectory("journal-").FullName;

        // As in the product, where nothing goes through JSON. What the database's own actors send one another can't be serialized at all.
        Config product = ConfigurationFactory.ParseString(
            "akka { loglevel = WARNING, test.single-expect-default = 60s, actor.provider = local }")
            .WithFallback(AkkaSettings.ForEveryNode());
        return new JournalDatabase(options, folder).Settings(AkkaSettings.ForJournal()).WithFallback(product);
    }
}
