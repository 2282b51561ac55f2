using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Selection;

namespace AttentionCluster.Core.Tests.Kernels;

public class BitFamilyTests
{
    [Theory]
    [InlineData(BitFamily.Fused)]
    [InlineData(BitFamily.Separate)]
    [InlineData(BitFamily.Reference)]
    public void A_machine_computes_a_family_with_a_path_of_it(BitFamily family)
    {
        KernelPath best = family.Best();

        Assert.Equal(family, best.Family());
        Assert.True(KernelPaths.IsSupported(best));
    }
}
