using System.Collections.Immutable;
using Akka.Actor;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>The rows of a block have been written; they need not be on the disk yet.</summary>
/// <param name="Block">The block.</param>
/// <param name="Retries">Tasks that its coordinator has sent again so far.</param>
/// <param name="Workers">The nodes that have computed for it so far, with their threads.</param>
internal sealed record BlockWritten(int Block, int Retries, ImmutableDictionary<string, int> Workers) : INoSerializationVerificationNeeded;
