namespace AttentionCluster.Cli.Doctor;

/// <summary>What a machine has, and what a node on it would use.</summary>
/// <param name="OperatingSystem">Name and version.</param>
/// <param name="Runtime">The .NET runtime.</param>
/// <param name="Architecture">Of this process: <c>X64</c>, <c>Arm64</c>.</param>
/// <param name="Avx2">256-bit vectors.</param>
/// <param name="Fma">Fused multiply-add.</param>
/// <param name="Avx512">512-bit vectors (AVX-512F).</param>
/// <param name="Kernel">The kernel path that <c>auto</c> takes.</param>
/// <param name="Cores">Processors that the process may use: the default of <c>--threads</c>.</param>
/// <param name="MemoryBytes">Memory that the process may use.</param>
/// <param name="NodeMemoryBytes">The default of <c>--memory</c>.</param>
/// <param name="DataDirectory">Where a job without an output file keeps its tensors while it runs.</param>
/// <param name="DataDirectoryWritable">Whether a file can be made there.</param>
/// <param name="DataDirectoryFreeBytes">Free space there; null when it can't be told.</param>
/// <param name="LoopbackPort">Whether a port can be bound on the loopback address, which the cluster needs.</param>
internal sealed record Diagnosis(
    string OperatingSystem,
    string Runtime,
    string Architecture,
    bool Avx2,
    bool Fma,
    bool Avx512,
    string Kernel,
    int Cores,
    long MemoryBytes,
    long NodeMemoryBytes,
    string DataDirectory,
    bool DataDirectoryWritable,
    long? DataDirectoryFreeBytes,
    bool LoopbackPort)
{
    /// <summary>What must change before a job can run here; empty when nothing must.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];
}
