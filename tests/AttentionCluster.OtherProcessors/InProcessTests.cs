using System.Reflection;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Selection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace AttentionCluster.OtherProcessors;

/// <summary>The tests of an assembly, run by xunit's own framework in this process.</summary>
internal sealed class InProcessTests(Assembly assembly)
{
    /// <summary>The kernel paths that this processor has.</summary>
    public static string Kernels => string.Join(", ", KernelCatalog.Paths.Where(KernelPaths.IsSupported).Select(path => path.Name()));

    /// <summary>Runs some tests, one after the other.</summary>
    /// <param name="isWanted">Given the full name of a test's method.</param>
    /// <param name="results">Told of each test.</param>
    public void Run(Func<string, bool> isWanted, ResultSink results)
    {
        using var framework = new XunitTestFramework(results);
        using ITestFrameworkDiscoverer discoverer = framework.GetDiscoverer(Reflector.Wrap(assembly));
        var found = new DiscoverySink();
        discoverer.Find(includeSourceInformation: false, found, new Settings());
        found.Finished.WaitOne();
        using ITestFrameworkExecutor executor = framework.GetExecutor(assembly.GetName());
        executor.RunTests(found.Cases.Where(one => isWanted($"{one.TestMethod.TestClass.Class.Name}.{one.TestMethod.Method.Name}")),
            results, new Settings { ["xunit.execution.DisableParallelization"] = true });
        results.Finished.WaitOne();
    }

    private sealed class DiscoverySink : IMessageSink
    {
        public List<ITestCase> Cases { get; } = [];

        public ManualResetEvent Finished { get; } = new(false);

        public bool OnMessage(IMessageSinkMessage message)
        {
            if (message is ITestCaseDiscoveryMessage discovered)
                Cases.Add(discovered.TestCase);
            else if (message is IDiscoveryCompleteMessage)
                Finished.Set();
            return true;
        }
    }

    private sealed class Settings : Dictionary<string, object?>, ITestFrameworkDiscoveryOptions, ITestFrameworkExecutionOptions
    {
        public TValue GetValue<TValue>(string name) => TryGetValue(name, out object? value) ? (TValue)value! : default!;

        public void SetValue<TValue>(string name, TValue value) => this[name] = value;
    }
}
