using System.Reflection;
using System.Runtime.InteropServices;
using AttentionCluster.Core.Tests.Conformance;
using AttentionCluster.OtherProcessors;

// Runs tests of the kernels in this process: where a processor is emulated there is no SDK, and so no `dotnet test`. The arguments are
// parts of the names of tests, with their classes; the last line is the sum.
Assembly tests = typeof(OnnxConformanceTests).Assembly;
var results = new ResultSink();
Console.WriteLine($"{RuntimeInformation.ProcessArchitecture}, .NET {Environment.Version}, kernels {InProcessTests.Kernels}");
new InProcessTests(tests).Run(name => args.Any(part => name.Contains(part, StringComparison.Ordinal)), results);
Console.WriteLine(results.Sum);
return results.IsGood ? 0 : 1;
