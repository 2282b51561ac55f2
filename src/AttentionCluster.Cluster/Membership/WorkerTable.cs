using System.Collections.Immutable;
using AttentionCluster.Cluster.Wire;

namespace AttentionCluster.Cluster.Membership;

/// <summary>
/// The workers that this node knows, by cluster address (<c>host:port</c>); kept up to date by <see cref="WorkerRoster"/>. From any thread.
/// </summary>
internal sealed class WorkerTable
{
    private ImmutableDictionary<string, WorkerDescription> _workers =
        ImmutableDictionary.Create<string, WorkerDescription>(StringComparer.Ordinal);

    /// <summary>As it is now; not to be changed.</summary>
    internal ImmutableDictionary<string, WorkerDescription> Workers => Volatile.Read(ref _workers);

    internal void Set(string address, WorkerDescription description) =>
        ImmutableInterlocked.AddOrUpdate(ref _workers, address, description, (_, _) => description);

    internal void Remove(string address) => ImmutableInterlocked.TryRemove(ref _workers, address, out _);
}
