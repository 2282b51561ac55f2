using Akka.Actor;
using AttentionCluster.Cluster.Wire;
using Google.Protobuf;

namespace AttentionCluster.Cluster.Identity;

/// <summary>
/// Asks the nodes through which this one would join which cluster they are of. An address may be another node's by now, and a node of one
/// cluster that joined another would take its work there. What a node says here keeps this one away from it, and no more: so it needs no
/// proof.
/// </summary>
internal sealed class ClusterContacts(ActorSystem system)
{
    /// <summary>How long an answer may take, how often one is asked for: a node that is just starting has nobody who answers yet.</summary>
    private static readonly TimeSpan s_answerTimeout = TimeSpan.FromSeconds(1);
    private const int QuestionsMax = 3;

    /// <summary>Which of the contacts are of another cluster.</summary>
    /// <param name="contacts">Cluster addresses.</param>
    /// <param name="own">The cluster that this node is of.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>Each with its cluster. Those that don't answer are not among them.</returns>
    internal async Task<IReadOnlyDictionary<Address, string>> ForeignAsync(IEnumerable<Address> contacts, string own,
        CancellationToken cancellationToken)
    {
        (Address Address, string Cluster)[] answers = await Task.WhenAll(
            contacts.Select(async contact => (contact, await ClusterOfAsync(contact, cancellationToken).ConfigureAwait(false))))
                .ConfigureAwait(false);
        return answers.Where(answer => answer.Cluster.Length > 0 && answer.Cluster != own)
            .ToDictionary(answer => answer.Address, answer => answer.Cluster);
    }

    /// <returns>Empty when the node is of none, or does not answer.</returns>
    private async Task<string> ClusterOfAsync(Address contact, CancellationToken cancellationToken)
    {
        if (await ProcessProbe.AtAsync(contact.Host, contact.Port!.Value).ConfigureAwait(false) == ProbeResult.Refused)
            return "";
        var self = NodeProcess.Of(Akka.Cluster.Cluster.Get(system).SelfUniqueAddress);
        ActorSelection identity = system.ActorSelection(new RootActorPath(contact) / "user" / Identification.ActorName);
        for (int question = 0; question < QuestionsMax; question++)
        {
            try
            {
                var ask = new IdentifyNode
                {
                    Nonce = ByteString.CopyFrom(IdentityProof.NewNonce()),
                    Address = self.Address,
                    Uid = self.Uid
                };
                return (await identity.Ask<NodeIdentity>(ask, s_answerTimeout, cancellationToken).ConfigureAwait(false)).Cluster;
            }
            catch (AskTimeoutException)
            {
                // The cluster's own way of joining asks on, and longer.
            }
        }

        return "";
    }
}
