using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using AttentionCluster.Cluster;
using AttentionCluster.Cluster.DataPlane.Http;
using AttentionCluster.Server.Configuration;
using AttentionCluster.Server.Jobs;

namespace AttentionCluster.Server.Tests.Configuration;

/// <summary>The file of all settings tells of each the range that is checked.</summary>
public sealed class StatedRangesTests
{
    private static readonly (string Suffix, double Unit)[] s_sizes = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    private static readonly (string Suffix, double Unit)[] s_times = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1), ("ms", 0.001)];

    /// <summary>Of a key that two options have, the narrower range.</summary>
    public static TheoryData<string, string> Ranges { get; } = Of<NodeOptions>(NodeSettings.Key)
        .Concat(Of<DataPlaneOptions>(DataPlaneSettings.Key)).Concat(Of<HttpOptions>(HttpSettings.Key))
            .Concat(Of<JobsOptions>(JobsSettings.Key))
        .GroupBy(range => range.Key).Select(ranges => ranges.MinBy(range => range.Max)).Aggregate(
            new TheoryData<string, string>(),
            (data, range) =>
            {
                data.Add(range.Key, range.Text);
                return data;
            });

    [Theory]
    [MemberData(nameof(Ranges))]
    public void A_range_is_stated_as_it_is_checked(string key, string range)
    {
        string[] path = key.Split(':');
        string[] lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "cluster-config", "all-settings.json"));
        int section = Array.FindIndex(lines, line => line.StartsWith($"  \"{path[0]}\":", StringComparison.Ordinal));
        int setting = Array.FindIndex(lines, section, line => line.StartsWith($"    \"{path[1]}\":", StringComparison.Ordinal));
        IEnumerable<string> comment =
            lines.Take(setting).Reverse().TakeWhile(line => line.StartsWith("    //", StringComparison.Ordinal)).Reverse();

        Assert.Contains(range, string.Join(' ', comment.Select(line => line.Trim('/', ' '))), StringComparison.Ordinal);
    }

    private static IEnumerable<(string Key, double Max, string Text)> Of<T>(Func<string, string> keyOf) =>
        from property in typeof(T).GetProperties()
        let range = property.GetCustomAttribute<RangeAttribute>()
        where range is not null
        let isTime = property.PropertyType == typeof(TimeSpan)
        let units = isTime ? s_times : property.Name.Contains("Bytes", StringComparison.Ordinal) ? s_sizes : []
        let min = Number(range.Minimum)
        let max = Number(range.Maximum)
        select (keyOf(property.Name), max, max == double.MaxValue ? $"at least {Text(min, units)}"
            : $"{Text(min, units)} to {Text(max, units)}");

    private static double Number(object bound) => bound is string time
        ? TimeSpan.Parse(time, CultureInfo.InvariantCulture).TotalSeconds
        : Convert.ToDouble(bound, CultureInfo.InvariantCulture);

    /// <summary>In the largest unit of which it is a whole number.</summary>
    private static string Text(double number, (string Suffix, double Unit)[] units)
    {
        (string suffix, double unit) =
            units.FirstOrDefault(unit => number >= unit.Unit && Math.Abs((number / unit.Unit) - Math.Round(number / unit.Unit)) < 1e-9,
            ("", 1));
        return string.Create(CultureInfo.InvariantCulture, $"{number / unit:0}{suffix}");
    }
}
