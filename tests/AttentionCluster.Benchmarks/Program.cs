using AttentionCluster.Benchmarks.DataPlane;
using AttentionCluster.Benchmarks.Differential;
using AttentionCluster.Benchmarks.Masks;
using AttentionCluster.Benchmarks.Micro;
using AttentionCluster.Benchmarks.Peers;

switch (args)
{
    case ["peers", .. var rest] when ComparisonOptions.Read(rest) is { } options:
        Comparison.Run(options);
        return 0;
    case ["differential", .. var rest] when DifferentialOptions.Read(rest) is { } options:
        return DifferentialRun.Run(options) ? 0 : 1;
    case ["micro", .. var rest]:
        return MicroBenchmarks.Run(rest);
    case ["masks", .. var rest] when MaskCostOptions.Read(rest) is { } options:
        await MaskCosts.RunAsync(options);
        return 0;
    case ["data-plane"]:
        TransferSpeed.Run();
        return 0;
    case [SourceProcess.Command]:
        await SourceProcess.RunAsync();
        return 0;
    default:
        Console.Error.WriteLine("""
            usage: dotnet run -c Release --project tests/AttentionCluster.Benchmarks -- COMMAND
              peers [--json] [--turns n] [--shape TEXT]   our kernel, libtorch, ONNX Runtime and the multiply-add limit in one process;
                                                          only the shapes with TEXT in their name, as in N1021
              differential [--jobs n] [--first seed]      random jobs of all options, beside what libtorch and ONNX Runtime make of those
                                                          that they can express
              micro [BenchmarkDotNet's options]           the parts around the kernel, as in: micro --filter *Packing* --job short
              masks [--turns n] [--threads n] [--only TEXT]
                                                          jobs with masks, beside the time of their visible pairs at a causal job's speed
              data-plane                                  tensor bytes between two processes, beside a plain HTTP stream
            What needs no peer is in the product: attn bench kernel, attn bench decode, attn bench cluster.
            """);
        return 2;
}
