using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.DataPlane;

/// <summary>One payload of <see cref="PublishedPayloads"/>, which alone changes it, under its lock.</summary>
internal sealed class PublishedPayload(ulong id, string job, NativeBuffer bytes, ByteLease room, long offeredAt)
{
    internal ulong Id => id;

    internal string Job => job;

    internal NativeBuffer Bytes => bytes;

    /// <summary>What it takes of the node's limit, until it has left.</summary>
    internal ByteLease Room => room;

    internal long OfferedAt => offeredAt;

    internal bool IsBeingRead { get; set; }

    /// <summary>It leaves when its reader has ended, and nobody else may start.</summary>
    internal bool IsWithdrawn { get; set; }
}
