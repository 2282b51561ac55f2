using AttentionCluster.Benchmarks.DataPlane;
using AttentionCluster.Benchmarks.Micro;
using AttentionCluster.Benchmarks.Peers;

switch (args)
{
    case ["peers", .. var rest] when ComparisonOptions.Read(rest) is { } options:
        Comparison.Run(options);
        return 0;
    case ["micro", .. var rest]:
        return MicroBenchmarks.Run(rest);
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
              micro [BenchmarkDotNet's options]           the parts around the kernel, as in: micro --filter *Packing* --job short
              data-plane                                  tensor bytes between two processes, beside a plain HTTP stream
            What needs no peer is in the product: attn bench kernel, attn bench decode, attn bench cluster.
            """);
        return 2;
}
