namespace AttentionCluster.Core.Attention;

/// <summary>Which part of an auxiliary tensor each task needs, and so how the part reaches its worker.</summary>
internal enum TaskPart
{
    /// <summary>None: the gateway has used it, and the task says what follows from it.</summary>
    None,

    /// <summary>
    /// One number for each query head that reads the task's KV head: in the task itself, unless they are too many for a message.
    /// </summary>
    Heads,

    /// <summary>The elements of the task's query rows, pulled from the tensor.</summary>
    QueryRows,

    /// <summary>The elements of the task's keys, pulled from the tensor.</summary>
    Keys,

    /// <summary>All elements of the batch entry, pulled from the tensor.</summary>
    All,

    /// <summary>Of each head the elements of the task's query rows and keys, pulled from the tensor.</summary>
    Tile,

    /// <summary>Of each head the elements of the blocks in which the task's query rows and keys are, pulled from the tensor.</summary>
    BlockTile,
}
