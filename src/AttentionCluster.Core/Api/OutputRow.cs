using System.Globalization;

namespace AttentionCluster.Core.Api;

/// <summary>One row of a result.</summary>
/// <param name="Batch">Its batch entry.</param>
/// <param name="Head">Its query head.</param>
/// <param name="Row">Its place among the rows of that.</param>
public readonly record struct OutputRow(int Batch, int Head, int Row)
{
    /// <summary>For people.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"batch {Batch}, head {Head}, row {Row}");
}
