namespace AttentionCluster.Chaos.Killing;

/// <summary>Which gateway is killed.</summary>
internal enum KillTarget
{
    /// <summary>The one that a client is asking at that moment.</summary>
    Asked,

    /// <summary>The other one.</summary>
    Other,

    /// <summary>Both at once.</summary>
    Both,
}
