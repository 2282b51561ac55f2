using AttentionCluster.Core.Attention;

namespace AttentionCluster.Core.Planning;

/// <summary>
/// A run of query rows, for all the heads that share one KV head: the unit that is dispatched, merged and written.
/// </summary>
/// <param name="Index">Its place in the plan's order.</param>
/// <param name="Batch">The batch entry.</param>
/// <param name="KvHead">The KV head; its query heads are <c>KvHead * group</c> and the next <c>group - 1</c>.</param>
/// <param name="FirstRow">The first query row.</param>
/// <param name="Rows">The number of rows of each head.</param>
/// <param name="Segments">The segments, as a range of segment numbers, in which one of the rows sees a key.</param>
internal readonly record struct QueryBlock(int Index, int Batch, int KvHead, int FirstRow, int Rows, KeyRange Segments)
{
    /// <summary>One past the last row.</summary>
    public int EndRow => FirstRow + Rows;
}
