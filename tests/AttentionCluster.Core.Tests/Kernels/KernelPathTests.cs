using AttentionCluster.Core.Kernels;

namespace AttentionCluster.Core.Tests.Kernels;

public class Avx512KernelTests() : TiledKernelContract(KernelPath.Avx512);

public class Avx2KernelTests() : TiledKernelContract(KernelPath.Avx2);

public class Arm64KernelTests() : TiledKernelContract(KernelPath.Arm64);

public class EmulatedKernelTests() : TiledKernelContract(KernelPath.Emulated);

public class PortableKernelTests() : TiledKernelContract(KernelPath.Portable);

public class ReferenceKernelTests() : KernelContract(KernelPath.Reference)
{
    [SkippableTheory]
    [MemberData(nameof(AccuracyCases.Small), MemberType = typeof(AccuracyCases))]
    public void Errors_are_at_most_twice_those_of_a_naive_float32_attention(string name) => CheckErrors(AccuracyCases.ByName[name]);
}
