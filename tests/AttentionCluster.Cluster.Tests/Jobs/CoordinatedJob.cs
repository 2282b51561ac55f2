using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core.Reports;

namespace AttentionCluster.Cluster.Tests.Jobs;

/// <summary>
/// A coordinator under its supervisor. The test is the homes of the segments: it has the tasks computed by a worker, or not.
/// </summary>
public abstract class CoordinatedJob : TestKit
{
    private readonly TemporaryFolder _folder = new();
    private readonly TensorStore _results;
    private readonly BlockAssembly _assembly;

    protected CoordinatedJob()
        : base(StrictAkka.Settings)
    {
        _results = new TensorStore(_folder.Path);
        Result = _results.CreateResult("job", Worker.Plan);
        _assembly = new BlockAssembly(Worker.Plan, Worker.DataPlane, Result);
        Segments = CreateTestProbe();
        Jobs = Sys.ActorOf(Props.Create(() => new JobsSupervisor(Segments)));
    }

    private protected Worker Worker { get; } = new();

    private protected ResultFile Result { get; }

    private protected TestProbe Segments { get; }

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

    private protected Task<JobEnd> Start(int inFlight)
    {
        var end = new TaskCompletionSource<JobEnd>(TaskCreationOptions.RunContinuationsAsynchronously);
        var request = new JobRequest("job", Worker.Query, Worker.Key, Worker.Value, Worker.Plan.Options);
        Jobs.Tell(new JobsSupervisor.Start(new JobRun(
            request, Worker.Plan, new JobLimits(inFlight, inFlight), Worker.DataPlane, _assembly, TimeProvider.System,
            new ProgressCall(Progress.Add), end)));
        return end.Task;
    }

    private protected HashSet<SegmentKey> ExpectEnded(int homes) => [.. Enumerable.Range(0, homes).Select(_ => Segments.ExpectMsg<JobEnded>().Segment)];

    private protected static TaskFailed Failure(ComputeTask task, string reason) => new()
    {
        Job = task.Job,
        Block = task.Block,
        Segment = task.Segment.Segment,
        Attempt = task.Attempt,
        Reason = reason,
        Worker = "worker",
    };
}
