using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Core.Tests.Attention;

namespace AttentionCluster.Core.Tests.Kernels;

/// <summary>Law 11: a row's bits are those that it has alone, whatever is computed with it.</summary>
public class BatchInvarianceTests
{
    /// <summary>Of each path, over all element types.</summary>
    private const int Subsets = 1_000;

    private static readonly ElementType[] s_types = [ElementType.Float32, ElementType.Float16, ElementType.BFloat16];

    /// <summary>The emulated path takes many times as long, and is held to the bits of others besides.</summary>
    private static readonly KernelPath[] s_paths =
        [.. KernelCatalog.Paths.Where(path => path is not (KernelPath.Reference or KernelPath.Emulated))];

    public static TheoryData<KernelPath, ElementType> Cases
    {
        get
        {
            var cases = new TheoryData<KernelPath, ElementType>();
            foreach (KernelPath path in s_paths)
            {
                foreach (ElementType type in s_types)
                    cases.Add(path, type);
            }

            return cases;
        }
    }

    /// <summary>
    /// Batch entries, KV heads, heads of their groups and rows, drawn at random; rows in any order, and more than once, where no position
    /// counts.
    /// </summary>
    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Every_row_of_a_random_part_has_the_bits_that_it_has_in_the_whole(KernelPath path, ElementType type)
    {
        Skip.IfNot(KernelPaths.IsSupported(path), $"this machine has no {path.Name()}");
        var random = new Random(1);
        var shape = new AttentionCase(40, 150, 24, 20)
        {
            Batch = 3,
            QueryHeads = 6,
            KvHeads = 2,
            QueryMax = 10,
            Options = new() { KeysPerSegment = 64 }
        };
        using var masked = new BatchJob(path, shape, type, isMasked: true);
        using var banded = new BatchJob(path,
            shape with { Options = new() { KeysPerSegment = 64, Causal = true, Window = (70, -1), Sinks = 3, Softcap = 20 } }, type,
            isMasked: false);
        for (int subset = 0; subset < Subsets / s_types.Length; subset++)
        {
            bool isMasked = subset % 2 == 0;
            int[] rows = isMasked ? Draw(random, 40, random.Next(1, 60)) : Run(random, 40);
            string? difference =
                (isMasked ? masked : banded)
                .FirstDifference(Some(random, 3), Some(random, 2), Some(random, 3), rows, random.Next(1, rows.Length + 2));
            Assert.True(difference is null, $"subset {subset}: {difference}");
        }
    }

    /// <summary>One row, tiles of every height up to more than one, and the heads of a group together in them.</summary>
    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Every_row_has_the_same_bits_in_tiles_of_all_heights(KernelPath path, ElementType type)
    {
        Skip.IfNot(KernelPaths.IsSupported(path), $"this machine has no {path.Name()}");
        int most = TileGeometry.Rows + 9;
        using var job = new BatchJob(path,
            new(most, 70, 16, 20) { QueryHeads = 3, Options = new() { Causal = true, KeysPerSegment = 48 } }, type, isMasked: false);
        for (int height = 1; height <= most; height++)
        {
            int first = (most - height) / 2;
            foreach (int[] members in (int[][])[[1], [0, 1, 2]])
            {
                string? difference = job.FirstDifference([0], [0], members, [.. Enumerable.Range(first, height)], rowsPerBlock: height);
                Assert.True(difference is null, $"height {height}: {difference}");
            }
        }
    }

    private static int[] Draw(Random random, int of, int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(of))];

    private static int[] Run(Random random, int of)
    {
        int first = random.Next(of);
        return [.. Enumerable.Range(first, random.Next(1, of - first + 1))];
    }

    /// <summary>At least one of those below a number, in any order.</summary>
    private static int[] Some(Random random, int of)
    {
        int[] all = [.. Enumerable.Range(0, of)];
        random.Shuffle(all);
        return all[..random.Next(1, of + 1)];
    }
}
