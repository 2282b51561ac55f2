using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Cluster.Jobs.Reduction;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Cluster.Versions;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Cluster.Tests.Jobs.Coordination;

/// <summary>
/// A coordinator under its supervisor. The test is the worker: it has the tasks computed, or not.
/// </summary>
public abstract class CoordinatedJob : TestKit
{
    private readonly TemporaryFolder _folder = new();
    private readonly TensorStore _results;
    private readonly BlockAssembly _assembly;
    private readonly TestProbe _roster;

    protected CoordinatedJob()
        : base(StrictAkka.Settings)
    {
        _results = new TensorStore(_folder.Path);
        Result = _results.CreateResult("job", Worker.Plan);
        _assembly = new BlockAssembly(Worker.Plan, Worker.DataPlane, Result);
        Segments = CreateTestProbe();
        WorkerActor = CreateTestProbe();
        WorkerActor.IgnoreMessages(message => message is JobEnded { Segment: not null });
        _roster = CreateTestProbe();
        Jobs = Sys.ActorOf(Props.Create(() => new JobsSupervisor(Segments, _roster, ActorRefs.Nobody, null)));
    }

    private protected Worker Worker { get; } = new();

    private protected ResultFile Result { get; }

    private protected TestProbe Segments { get; }

    private protected TestProbe WorkerActor { get; }

    /// <summary>Who coordinates the job; known when the job has been started.</summary>
    private protected IActorRef Coordinator { get; private set; } = ActorRefs.Nobody;

    private protected IActorRef Jobs { get; }

    private protected List<JobProgress> Progress { get; } = [];

    protected override void AfterAll()
    {
        base.AfterAll();
        _assembly.Dispose();
        Result.Dispose();
        _results.Dispose();
        Worker.Dispose();
        _folder.Dispose();
    }

    /// <summary>Starts the job with one worker.</summary>
    private protected Task<JobEnd> Start(int inFlight, string name = "job")
    {
        Task<JobEnd> end = StartWithoutWorker(inFlight, name);
        _roster.ExpectMsg<WorkerRoster.Subscribe>();
        Coordinator = _roster.Sender;
        Coordinator.Tell(new WorkerRoster.WorkerUp(Description("worker"), WorkerActor));
        return end;
    }

    private protected Task<JobEnd> StartWithoutWorker(int inFlight, string name = "job")
    {
        var end = new TaskCompletionSource<JobEnd>(TaskCreationOptions.RunContinuationsAsynchronously);
        var request = new JobRequest("job", Worker.Query, Worker.Key, Worker.Value, Worker.Plan.Options);
        Jobs.Tell(new JobsSupervisor.Start(new JobRun(
            request, Worker.Plan, SegmentBytes: 1, new JobLimits(inFlight, PartialsMax: 1000), Worker.DataPlane, _assembly,
                TimeProvider.System,
            new ProgressCall(Progress.Add), end)
        { Name = name }));
        return end.Task;
    }

    private protected WorkerDescription Description(string name)
    {
        var description = new WorkerDescription
        {
            Name = name,
            Threads = 100,
            SegmentBytesMax = 1 << 30,
            QueryBytesMax = 1 << 30,
            PartialBytesMax = 1 << 30,
        };
        description.Families.Add((int)Worker.Plan.Family);
        description.TaskFields.AddRange(TaskFields.All);
        return description;
    }

    private protected static TaskFailed Failure(ComputeTask task, string reason) => new()
    {
        Job = task.Job,
        Block = task.Block,
        Index = task.Segment.Segment,
        Attempt = task.Attempt,
        Reason = reason,
        Worker = "worker",
    };
}
