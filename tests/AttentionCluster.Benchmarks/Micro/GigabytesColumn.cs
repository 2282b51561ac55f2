using System.Globalization;
using System.Reflection;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace AttentionCluster.Benchmarks.Micro;

/// <summary>The mean time as 10^9 bytes of float32 a second.</summary>
internal sealed class GigabytesColumn : IColumn
{
    public string Id => nameof(GigabytesColumn);

    public string ColumnName => "GB/s";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => "10^9 bytes of float32 a second";

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => GetValue(summary, benchmarkCase, summary.Style);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style)
    {
        FloatsAttribute? floats = benchmarkCase.Descriptor.WorkloadMethod.GetCustomAttribute<FloatsAttribute>();
        double? nanoseconds = summary[benchmarkCase]?.ResultStatistics?.Mean;
        return floats is null || nanoseconds is null
            ? "-"
            : ((double)sizeof(float) * floats.Count / nanoseconds.Value).ToString("f2", CultureInfo.InvariantCulture);
    }
}
