using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using AttentionCluster.Cli.Embedded;
using AttentionCluster.Cluster;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Selection;

namespace AttentionCluster.Cli.Doctor;

/// <summary>Looks at the machine.</summary>
internal static class Examination
{
    /// <summary>Looks, and tries what a job would do: make a file in <paramref name="dataDirectory"/>, bind a port.</summary>
    public static Diagnosis Run(string dataDirectory)
    {
        var node = new NodeOptions { DataDirectory = dataDirectory };
        KernelPath kernel = BitFamily.Fused.Best();
        string? writeProblem = DiskRoom.WriteProblem(dataDirectory);
        string? portProblem = BindLoopbackPort();
        string? nodeProblem = node.Validate() is [{ } first, ..] ? first.Message : null;
        return new Diagnosis(
            RuntimeInformation.OSDescription,
            RuntimeInformation.FrameworkDescription,
            RuntimeInformation.ProcessArchitecture.ToString(),
            Avx2.IsSupported,
            Fma.IsSupported,
            Avx512F.IsSupported,
            kernel.Name(),
            node.Threads,
            GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            node.MemoryBytesMax,
            dataDirectory,
            writeProblem is null,
            DiskSpace.FreeBytes(dataDirectory),
            portProblem is null)
        {
            Problems = new[] { writeProblem, portProblem, nodeProblem }.OfType<string>().ToList(),
        };
    }

    private static string? BindLoopbackPort()
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            return null;
        }
        catch (SocketException problem)
        {
            return $"no port can be bound on 127.0.0.1 ({problem.Message}); allow this process to listen there";
        }
    }
}
