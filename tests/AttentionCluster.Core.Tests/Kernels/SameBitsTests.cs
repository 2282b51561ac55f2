using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Selection;

namespace AttentionCluster.Core.Tests.Kernels;

/// <summary>The bits of a path are those of every machine that has it, and change only on purpose.</summary>
public class SameBitsTests
{
    /// <summary>Every arrangement of column blocks (1 to 4 vectors, padded and not), and rows that fill no row group.</summary>
    public static TheoryData<int> ValueWidths => [1, 16, 31, 48, 64, 80, 96, 112, 144, 512, 576];

    /// <summary>Several segments to merge, several tiles in a segment, several row groups in a block.</summary>
    private static readonly AttentionProblem Golden = AttentionProblem.Random(new(131, 1500, 24, 40)
    {
        QueryHeads = 4,
        KvHeads = 2,
        QueryMax = 30,
        Options = new() { Causal = true, Window = (1300, -1), KeysPerSegment = 700 },
    });

    [Theory]
    [MemberData(nameof(ValueWidths))]
    public void All_fused_paths_give_the_same_bits(int valueWidth)
    {
        AttentionProblem problem = AttentionProblem.Random(new(101, 700, 33, valueWidth)
        {
            QueryHeads = 2,
            KvHeads = 2,
            QueryMax = 20,
            Options = new() { Causal = true, Window = (600, -1), KeysPerSegment = 640 },
        });

        foreach (AttentionProblem one in new[] { problem, problem.WithTinyValues(), Huge(problem) })
            AssertSame(one, $"{valueWidth}");
    }

    [Theory]
    [MemberData(nameof(OptionKinds.All), MemberType = typeof(OptionKinds))]
    public void All_fused_paths_give_the_same_bits_whatever_the_options(string kind)
    {
        using OptionCombination job = OptionKinds.Create(kind);

        AssertSame(job.Problem, kind);
    }

    [Fact]
    public void All_fused_paths_give_the_same_bits_for_any_combination_of_options()
    {
        const int combinations = 300;
        for (int seed = 0; seed < combinations; seed++)
        {
            using OptionCombination one = OptionCombination.Random(seed);
            AssertSame(one.Problem, $"seed {seed}: {one}");
        }
    }

    /// <summary>
    /// Also run by <c>.ci</c> with <c>DOTNET_EnableHWIntrinsic=0</c>, where no path has vectors, and on an emulated arm64: the same bits.
    /// </summary>
    [SkippableTheory]
    [InlineData(KernelPath.Portable, "e9a9db2c63e8ed23483ef7511035ab3b6fdd5d16142779229c754eef953435cb")]
    [InlineData(KernelPath.Emulated, "af3ae5f780f533bc49baa52c096c1b6fa80e05eb80200f2364b6a5971059d35c")]
    [InlineData(KernelPath.Arm64, "af3ae5f780f533bc49baa52c096c1b6fa80e05eb80200f2364b6a5971059d35c")]
    [InlineData(KernelPath.Avx2, "af3ae5f780f533bc49baa52c096c1b6fa80e05eb80200f2364b6a5971059d35c")]
    [InlineData(KernelPath.Avx512, "af3ae5f780f533bc49baa52c096c1b6fa80e05eb80200f2364b6a5971059d35c")]
    public void The_bits_of_a_path_are_the_same_on_every_machine(KernelPath path, string sha256)
    {
        Skip.IfNot(KernelPaths.IsSupported(path), $"this machine has no {path.Name()}");

        string actual = WholeAttention.Compute(Golden, path).Sha256();

        Assert.True(sha256 == actual, $"{path.Name()} gives {actual}");
    }

    /// <summary>Those of this machine; every machine can compute the bits of the family without the instructions for it.</summary>
    private static void AssertSame(AttentionProblem problem, string what)
    {
        string emulated = WholeAttention.Compute(problem, KernelPath.Emulated).Sha256();
        foreach (KernelPath path in KernelCatalog.Paths.Where(path => path.Family() == BitFamily.Fused && path != KernelPath.Emulated
            && KernelPaths.IsSupported(path)))
            Assert.True(emulated == WholeAttention.Compute(problem, path).Sha256(), $"{path.Name()}, {what}");
    }

    /// <summary>Scores up to 1e5: all weights but a few are zero or below the normal range.</summary>
    private static AttentionProblem Huge(AttentionProblem problem) => problem with { Query = [.. problem.Query.Select(q => 1000 * q)] };
}
