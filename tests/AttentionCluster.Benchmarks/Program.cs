using AttentionCluster.Benchmarks;

switch (args.FirstOrDefault())
{
    case "kernel":
        KernelSpeed.Run(args[1..]);
        return 0;
    case "overhead":
        await Overhead.RunAsync();
        return 0;
    default:
        Console.Error.WriteLine("""
            usage: dotnet run -c Release --project tests/AttentionCluster.Benchmarks -- COMMAND
              kernel [PATH ...]   one thread of a kernel path (avx512, avx2, portable) as a share of the multiply-add limit
              overhead            the embedded cluster beside the kernel called directly on the same two threads
            """);
        return 2;
}
