using AttentionCluster.Core.Attention;

namespace AttentionCluster.Core.Tests.Kernels;

public class Avx512KernelTests() : TiledKernelContract(KernelPath.Avx512);

public class Avx2KernelTests() : TiledKernelContract(KernelPath.Avx2);

public class Arm64KernelTests() : TiledKernelContract(KernelPath.Arm64);

/// <summary>
/// Many times slower than the others, and held to their bits by <see cref="SameBitsTests"/>: the contract of all kernels, and the small
/// cases.
/// </summary>
public class EmulatedKernelTests() : KernelContract(KernelPath.Emulated)
{
    [SkippableTheory]
    [MemberData(nameof(AccuracyCases.Small), MemberType = typeof(AccuracyCases))]
    public void Errors_are_at_most_twice_those_of_a_naive_float32_attention(string name) => CheckErrors(AccuracyCases.ByName[name]);
}

public class PortableKernelTests() : TiledKernelContract(KernelPath.Portable);

public class ReferenceKernelTests() : KernelContract(KernelPath.Reference)
{
    [SkippableTheory]
    [MemberData(nameof(AccuracyCases.Small), MemberType = typeof(AccuracyCases))]
    public void Errors_are_at_most_twice_those_of_a_naive_float32_attention(string name) => CheckErrors(AccuracyCases.ByName[name]);
}
