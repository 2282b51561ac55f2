namespace AttentionCluster.Benchmarks.Peers;

/// <summary>A self-attention problem of one batch entry.</summary>
internal sealed record PeerShape(int Heads, int KvHeads, int Rows, int Width)
{
    /// <summary>As in <c>B1H8N4096D128</c>; <c>H8:2</c> for grouped heads.</summary>
    public override string ToString() => $"B1H{Heads}{(KvHeads == Heads ? "" : $":{KvHeads}")}N{Rows}D{Width}";
}
