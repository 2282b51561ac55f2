using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tests.Attention;

namespace AttentionCluster.Core.Tests.Planning;

public class OptionLimitsTests
{
    public static TheoryData<string, AttentionOptions> OutOfRange => new()
    {
        { "scale", new() { Scale = double.NaN } },
        { "scale", new() { Scale = double.PositiveInfinity } },
        { "offset", new() { Offset = 1L << 31 } },
        { "offset", new() { Offset = -(1L << 31) } },
        { "window", new() { Window = (-2, 0) } },
        { "window", new() { Window = (0, -2) } },
        { "window", new() { Window = (1L << 31, 0) } },
        { "window", new() { Window = (0, 1L << 31) } },
        { "sinks", new() { Sinks = -1 } },
        { "softcap", new() { Softcap = 0 } },
        { "softcap", new() { Softcap = double.PositiveInfinity } },
        { "mask-block", new() { MaskBlock = (0, 4) } },
        { "mask-block", new() { MaskBlock = (4, 0) } },
        { "keys-per-segment", new() { KeysPerSegment = 0 } },
        { "rows-per-block", new() { RowsPerBlock = 0 } },
        { "verify", new() { VerifyRows = -1 } },
        { "verify", new() { VerifyRows = AttentionOptions.VerifyRowsMax + 1 } },
    };

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void An_option_out_of_range_is_refused_by_name(string option, AttentionOptions options)
    {
        Refusal refusal = Refused(new AttentionCase(3, 4) { Options = options });

        Assert.Equal("option-out-of-range", refusal.Code.Name());
        Assert.StartsWith($"{option} is ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_at_the_ends_of_their_ranges_are_taken()
    {
        AttentionOptions[] ends =
        [
            new() { Offset = int.MaxValue, Window = (int.MaxValue, int.MaxValue), KeysPerSegment = 1, RowsPerBlock = 1, VerifyRows = 0 },
            new() { Offset = -int.MaxValue, Window = (-1, -1), KeysPerSegment = int.MaxValue, RowsPerBlock = int.MaxValue,
                VerifyRows = AttentionOptions.VerifyRowsMax },
            new() { Scale = -double.MaxValue, Window = (0, 0) },
        ];

        Assert.All(ends, options => Assert.NotNull(new AttentionCase(3, 4) { Options = options }.Plan));
    }

    [Fact]
    public void Too_many_tasks_are_refused_before_any_of_them_is_listed()
    {
        var one = new AttentionCase(1 << 20, 1 << 30) { Options = new() { KeysPerSegment = 1 } };
        AttentionShape shape = one.Shape;
        long before = GC.GetAllocatedBytesForCurrentThread();

        AttentionPlan? plan = AttentionPlan.Create(shape, one.Options, out Refusal? refusal);

        Assert.Null(plan);
        Assert.Equal("too-many-tasks", refusal!.Code.Name());
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Theory]
    [InlineData(16_000_000, true)]
    [InlineData(16_000_001, false)]
    public void Tasks_are_counted_over_all_heads_up_to_the_limit(int keys, bool planned)
    {
        var one = new AttentionCase(1, keys) { Options = new() { KeysPerSegment = 8 }, KvHeads = 4, QueryHeads = 4, Batch = 2 };

        AttentionPlan? plan = AttentionPlan.Create(one.Shape, one.Options, out Refusal? refusal);

        Assert.Equal(planned, plan is not null);
        Assert.Equal(planned ? null : "too-many-tasks", refusal?.Code.Name());
    }

    [SkippableFact]
    public void A_kernel_that_the_machine_lacks_is_refused_by_name()
    {
        KernelPath[] missing = [.. KernelCatalog.Paths.Where(path => !KernelPaths.IsSupported(path))];
        Skip.If(missing.Length == 0, "this machine has every kernel path");

        missing[0].Choice().Resolve(out Refusal? refusal);

        Assert.Equal("kernel-not-available", refusal!.Code.Name());
        Assert.Contains(missing[0].Name(), refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>Law 10: the plan is the same on every machine, and the machine chooses instructions within its family.</summary>
    [Theory]
    [InlineData(KernelChoice.Auto, BitFamily.Fused)]
    [InlineData(KernelChoice.Fused, BitFamily.Fused)]
    [InlineData(KernelChoice.Avx2, BitFamily.Fused)]
    [InlineData(KernelChoice.Avx512, BitFamily.Fused)]
    [InlineData(KernelChoice.Arm64, BitFamily.Fused)]
    [InlineData(KernelChoice.Emulated, BitFamily.Fused)]
    [InlineData(KernelChoice.Separate, BitFamily.Separate)]
    [InlineData(KernelChoice.Portable, BitFamily.Separate)]
    [InlineData(KernelChoice.Reference, BitFamily.Reference)]
    public void A_plan_names_a_family_whatever_the_machine_has(KernelChoice choice, BitFamily family)
    {
        Assert.Equal(family, new AttentionCase(1, 1) { Options = new() { Kernel = choice } }.Plan.Family);
        Assert.Equal(family, choice.Path()?.Family() ?? choice.Resolve(out _).Family());
    }

    [Fact]
    public void A_family_is_computed_by_the_first_of_its_paths_that_the_machine_has()
    {
        foreach (BitFamily family in KernelCatalog.Families)
        {
            Assert.Equal(KernelCatalog.Paths.First(path => path.Family() == family && KernelPaths.IsSupported(path)),
                family.Choice().Resolve(out Refusal? refusal));
            Assert.Null(refusal);
        }
    }

    private static Refusal Refused(AttentionCase one)
    {
        Assert.Null(AttentionPlan.Create(one.Shape, one.Options, out Refusal? refusal));
        return Assert.IsType<Refusal>(refusal);
    }
}
