namespace AttentionCluster.Core.Attention;

/// <summary>What an auxiliary tensor is for; a job has at most one tensor for each.</summary>
internal enum AuxiliaryRole
{
    /// <summary>Hides pairs of a row and a key, or adds to their scores.</summary>
    Mask,

    /// <summary>Hides blocks of rows and keys.</summary>
    Blocks,

    /// <summary>The slopes of ALiBi.</summary>
    Slopes,

    /// <summary>Scores that join the denominator alone.</summary>
    SinkLogits,

    /// <summary>The documents of query rows.</summary>
    QueryDocuments,

    /// <summary>The documents of keys.</summary>
    KeyDocuments,

    /// <summary>Keys of each batch entry that are no padding.</summary>
    KeyLengths,
}
