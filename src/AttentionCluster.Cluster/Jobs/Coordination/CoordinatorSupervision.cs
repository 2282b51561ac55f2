using Akka.Actor;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Cluster.Jobs.Coordination;

/// <summary>
/// A coordinator that fails is stopped, not restarted: a fresh one would know nothing of what is under way. One that can't even be made
/// tells nobody, so its cause is kept here for whoever watches it.
/// </summary>
internal sealed class CoordinatorSupervision() : OneForOneStrategy(_ => Directive.Stop)
{
    private readonly Dictionary<IActorRef, Exception> _causes = [];

    /// <summary>Whether a child has failed, and so is stopping.</summary>
    internal bool HasFailed(IActorRef child) => _causes.ContainsKey(child);

    /// <summary>What a child that has stopped failed with; null when it was stopped.</summary>
    internal Exception? TakeCause(IActorRef child)
    {
        _causes.Remove(child, out Exception? cause);
        return cause;
    }

    /// <summary>The end of the job of a coordinator that has stopped without telling of one.</summary>
    internal static JobEnd EndOf(string job, Exception? cause) => new(JobState.Failed, Reason(job, cause), JobTally.Nothing, IsIdle: false);

    /// <summary>Why a job ends whose coordinator has failed.</summary>
    internal static Refusal Reason(string job, Exception? cause) => new(
        ErrorCode.CoordinatorFailed,
        $"what coordinates job {job} failed ({cause?.GetBaseException().Message ?? "it was stopped"}), and the node's log has more of it; "
        + "send a smaller job if memory is short, or report this");

    protected override Directive Handle(IActorRef child, Exception exception)
    {
        _causes[child] = exception;
        return Directive.Stop;
    }
}
