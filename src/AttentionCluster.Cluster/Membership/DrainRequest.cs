using Akka.Actor;
using AttentionCluster.Cluster.Identity;
using AttentionCluster.Cluster.Wire;

namespace AttentionCluster.Cluster.Membership;

/// <summary>Whether this node has been told by another to leave; whoever runs its process waits for that.</summary>
internal sealed class DrainRequest
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completed when it has.</summary>
    internal Task Asked => _asked.Task;

    /// <summary>
    /// Takes the request from the network. One that was seen there, and comes again, is for a process that leaves already.
    /// </summary>
    internal sealed class Receiver : ReceiveActor
    {
        /// <summary>Its name in the actor system, the same on all nodes.</summary>
        internal const string ActorName = "node";

        public Receiver(DrainRequest request)
        {
            var self = NodeProcess.Of(Akka.Cluster.Cluster.Get(Context.System).SelfUniqueAddress);
            Receive<DrainNode>(
                drain => new NodeProcess(drain.Address, drain.Uid) == self,
                _ =>
                {
                    request._asked.TrySetResult();
                    Sender.Tell(new NodeDrains());
                });
        }
    }
}
