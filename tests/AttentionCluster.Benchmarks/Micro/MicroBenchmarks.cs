using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace AttentionCluster.Benchmarks.Micro;

/// <summary>The parts around the kernel, measured by BenchmarkDotNet.</summary>
internal static class MicroBenchmarks
{
    /// <summary>Runs what BenchmarkDotNet's options choose.</summary>
    /// <returns>The exit code: 1 when a benchmark failed.</returns>
    public static int Run(string[] arguments)
    {
        // Within this process: the project that it would generate and build otherwise would have to obey this repository's build settings.
        string[] inProcess = arguments.Contains("--inProcess") ? arguments : [.. arguments, "--inProcess"];
        IConfig config = DefaultConfig.Instance.AddColumn(new GigabytesColumn());
        IEnumerable<Summary> summaries = BenchmarkSwitcher.FromAssembly(typeof(MicroBenchmarks).Assembly).Run(inProcess, config);
        return summaries.Any(summary => summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success)) ? 1 : 0;
    }
}
