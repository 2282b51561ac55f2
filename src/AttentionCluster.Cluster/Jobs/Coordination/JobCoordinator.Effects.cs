using Akka.Actor;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;
using Google.Protobuf;

namespace AttentionCluster.Cluster.Jobs.Coordination;

/// <summary>How the effects of the state are carried out.</summary>
internal sealed partial class JobCoordinator
{
    private void Apply(JobEffect effect)
    {
        switch (effect)
        {
            case JobEffect.Dispatch dispatch:
                Send(dispatch.Task, dispatch.Attempt, dispatch.Worker);
                break;
            case JobEffect.Repeat again:
                _roster.Tell(new WorkerRoster.Suspect(again.Worker));
                Tell(WorkerOf(again.Worker), _messages.Compute(again.Task, again.Attempt));
                break;
            case JobEffect.Cancel cancel:
                WorkerOf(cancel.Worker).Tell(_messages.Cancel(cancel.Task, cancel.Attempt));
                break;
            case JobEffect.Pull pull:
                Pull(pull);
                break;
            case JobEffect.Merge merge:
                Run(
                    merge.Task.Block, merge.Task, merge.CompletesBlock,
                    _run.Assembly.MergeAsync(merge.Task, merge.Steps, merge.CompletesBlock, _stopping.Token));
                break;
            case JobEffect.WriteEmpty empty:
                Run(empty.Block, null, true, _run.Assembly.WriteEmptyAsync(empty.Block, _stopping.Token));
                break;
            case JobEffect.Discard discard:
                _run.DataPlane.Release(discard.Claim);
                break;
            case JobEffect.Release release:
                foreach (string worker in release.Workers)
                    WorkerOf(worker).Tell(_messages.Ended(release.Segment));
                break;
            case JobEffect.Locate locate:
                _segments.Tell(_messages.Locate(locate.Segment));
                break;
            case JobEffect.Succeed:
                End(JobState.Succeeded, null);
                break;
            case JobEffect.Fail fail:
                End(JobState.Failed, fail.Reason);
                break;
            default:
                throw new InvalidOperationException($"no such effect: {effect}");
        }
    }

    private void Send(TaskId task, int attempt, string worker)
    {
        if (_end is not null)
            return;
        IActorRef to = _workers[worker];
        _sentTo.Add(to);
        Tell(to, _messages.Compute(task, attempt));
    }

    private void Pull(JobEffect.Pull pull)
    {
        _underWay++;
        _run.Assembly.PullAsync(pull.Task, pull.Claim, _stopping.Token).PipeTo(
            Self,
            success: () => new Pulled(pull.Task, pull.Claim.Node, null),
            failure: e => new Pulled(pull.Task, pull.Claim.Node, e));
    }

    private void Run(int block, TaskId? task, bool completesBlock, Task work)
    {
        _underWay++;
        work.PipeTo(
            Self,
            success: () => new Merged(block, task, completesBlock, null),
            failure: e => new Merged(block, task, completesBlock, e));
    }

    private IActorRef WorkerOf(string name) => _workers.GetValueOrDefault(name, ActorRefs.Nobody);

    /// <summary>A message that is too large is dropped without notice: it ends the job.</summary>
    private void Tell(IActorRef to, IMessage message)
    {
        if (MessageSize.Check(message, _messageBytesMax) is { } problem)
            End(JobState.Failed, new Refusal(
                ErrorCode.MessageTooLarge,
                $"a task of job {_run.Request.Id} can't be sent: {problem}; choose fewer heads for each KV head, or report this"));
        else
            to.Tell(message);
    }

    /// <summary>A coordinator that died has told nobody of its end.</summary>
    private void EndFormerHomes()
    {
        foreach (string former in _run.FormerNames)
        {
            TaskMessages messages = _messages.Under(former);
            foreach ((SegmentId segment, _) in _state.WorthAHome)
                _segments.Tell(messages.Ended(segment));
        }
    }

    private void TellEnd()
    {
        foreach (IActorRef worker in _sentTo.Union(_weights is null ? [] : _workers.Values))
            worker.Tell(_messages.Ended());
        foreach ((SegmentId segment, _) in _state.WorthAHome)
            _segments.Tell(_messages.Ended(segment));
    }
}
