using AttentionCluster.Core.Kernels;

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

    [SkippableTheory]
    [MemberData(nameof(ValueWidths))]
    public void Avx2_and_avx512_give_the_same_bits(int valueWidth)
    {
        Skip.IfNot(KernelPaths.IsSupported(KernelPath.Avx512), "this machine has no avx512");
        AttentionProblem problem = AttentionProblem.Random(new(101, 700, 33, valueWidth)
        {
            QueryHeads = 2,
            KvHeads = 2,
            QueryMax = 20,
            Options = new() { Causal = true, Window = (600, -1), KeysPerSegment = 640 },
        });

        foreach (AttentionProblem one in new[] { problem, problem.WithTinyValues(), Huge(problem) })
            Assert.Equal(WholeAttention.Compute(one, KernelPath.Avx512).Sha256(), WholeAttention.Compute(one, KernelPath.Avx2).Sha256());
    }

    [SkippableTheory]
    [MemberData(nameof(OptionKinds.All), MemberType = typeof(OptionKinds))]
    public void Avx2_and_avx512_give_the_same_bits_whatever_the_options(string kind)
    {
        Skip.IfNot(KernelPaths.IsSupported(KernelPath.Avx512), "this machine has no avx512");
        using OptionCombination job = OptionKinds.Create(kind);

        Assert.Equal(WholeAttention.Compute(job.Problem, KernelPath.Avx512).Sha256(), WholeAttention.Compute(job.Problem, KernelPath.Avx2).Sha256());
    }

    [SkippableFact]
    public void Avx2_and_avx512_give_the_same_bits_for_any_combination_of_options()
    {
        const int combinations = 300;
        Skip.IfNot(KernelPaths.IsSupported(KernelPath.Avx512), "this machine has no avx512");
        for (int seed = 0; seed < combinations; seed++)
        {
            using OptionCombination one = OptionCombination.Random(seed);
            string avx512 = WholeAttention.Compute(one.Problem, KernelPath.Avx512).Sha256(), avx2 = WholeAttention.Compute(one.Problem, KernelPath.Avx2).Sha256();
            Assert.True(avx512 == avx2, $"seed {seed}: {one}");
        }
    }

    /// <summary>
    /// Also run by <c>.ci</c> with <c>DOTNET_EnableHWIntrinsic=0</c>, where the portable path has no vectors: the same bits.
    /// </summary>
    [SkippableTheory]
    [InlineData(KernelPath.Portable, "e9a9db2c63e8ed23483ef7511035ab3b6fdd5d16142779229c754eef953435cb")]
    [InlineData(KernelPath.Avx2, "af3ae5f780f533bc49baa52c096c1b6fa80e05eb80200f2364b6a5971059d35c")]
    [InlineData(KernelPath.Avx512, "af3ae5f780f533bc49baa52c096c1b6fa80e05eb80200f2364b6a5971059d35c")]
    public void The_bits_of_a_path_are_the_same_on_every_machine(KernelPath path, string sha256)
    {
        Skip.IfNot(KernelPaths.IsSupported(path), $"this machine has no {path.Name()}");

        string actual = WholeAttention.Compute(Golden, path).Sha256();

        Assert.True(sha256 == actual, $"{path.Name()} gives {actual}");
    }

    /// <summary>Scores up to 1e5: all weights but a few are zero or below the normal range.</summary>
    private static AttentionProblem Huge(AttentionProblem problem) => problem with { Query = [.. problem.Query.Select(q => 1000 * q)] };
}
