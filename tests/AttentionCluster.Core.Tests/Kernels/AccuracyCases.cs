using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tests.Attention;

namespace AttentionCluster.Core.Tests.Kernels;

/// <summary>A sample in which every length, width, mask, head arrangement and size of scores meets most of the others.</summary>
internal static class AccuracyCases
{
    /// <summary>Multiplications beyond which the reference path takes seconds.</summary>
    private const long ReferenceOperationsMax = 25_000_000;

    private static readonly AttentionOptions Full = new();
    private static readonly AttentionOptions Causal = new() { Causal = true };
    private static readonly AttentionOptions TopLeft = new() { Causal = true, Align = CausalAlignment.TopLeft };
    private static readonly AttentionOptions Window = new() { Window = (100, 30) };
    private static readonly AttentionOptions CausalWindow = new() { Causal = true, Window = (70, -1) };

    /// <summary>Rows at one end, or at both, see no key.</summary>
    private static readonly AttentionOptions Beyond = new() { Causal = true, Offset = -20, Window = (40, -1) };

    public static IReadOnlyDictionary<string, AttentionCase> ByName { get; } = new AttentionCase[]
    {
        new(1, 1, 1, 1) { Options = Full },
        new(1, 1, 128, 128) { Options = Causal, QueryMax = 1e4f },
        new(2, 2, 8, 8) { Options = Causal, Batch = 2 },
        new(2, 17, 40, 80) { Options = TopLeft, QueryHeads = 4, KvHeads = 2 },
        new(17, 17, 64, 64) { Options = Causal, QueryHeads = 6 },
        new(17, 2, 256, 40) { Options = Causal },
        new(63, 63, 80, 80) { Options = Full, QueryMax = 1e4f, Batch = 2 },
        new(63, 257, 1, 8) { Options = Window },
        new(64, 64, 256, 256) { Options = CausalWindow, QueryHeads = 4, KvHeads = 2 },
        new(64, 65, 8, 512) { Options = Segments(Full, 7) },
        new(65, 1021, 64, 64) { Options = Segments(Causal, 300), Batch = 2, QueryHeads = 4, KvHeads = 2 },
        new(65, 63, 40, 1) { Options = Beyond },
        new(65, 65, 512, 1) { Options = Causal, QueryMax = 1e4f },
        new(17, 1021, 576, 512) { Options = Segments(Causal, 700), QueryHeads = 8 },
        new(63, 65, 513, 576) { Options = Window, QueryMax = 100 },
        new(257, 65, 128, 128) { Options = Causal },
        new(257, 65, 8, 40) { Options = Segments(TopLeft, 20), QueryHeads = 6 },
        new(257, 257, 40, 80) { Options = Segments(Beyond, 50), QueryMax = 1e4f },
        new(257, 257, 128, 256) { Options = Window, QueryMax = 100 },
        new(257, 1021, 80, 80) { Options = Segments(CausalWindow, 333), QueryHeads = 2 },
        new(1021, 1021, 64, 64) { Options = Causal },
        new(1021, 257, 1, 1) { Options = Segments(Full, 100), QueryMax = 1e4f },
        new(1021, 1021, 128, 128) { Options = Segments(Full, 512), QueryMax = 1e4f },
        new(1021, 1021, 256, 8) { Options = Segments(Causal, 129), QueryHeads = 4, KvHeads = 2, QueryMax = 30 },
        new(1021, 63, 64, 512) { Options = Beyond },
        new(1, 4099, 128, 128) { Options = Causal, QueryHeads = 6 },
        new(1, 4099, 64, 64) { Options = Segments(Full, 1000), QueryMax = 1e4f },
        new(17, 4099, 256, 80) { Options = Segments(TopLeft, 512), Batch = 2 },
        new(4099, 4099, 64, 64) { Options = Segments(Causal, 1024) },
        new(4099, 4099, 128, 40) { Options = Full },
        new(4099, 4099, 40, 128) { Options = Segments(CausalWindow, 700), QueryMax = 1e4f, QueryHeads = 4, KvHeads = 2 },
        new(4099, 17, 8, 64) { Options = Full, QueryMax = 1e4f },
        new(70, 71, 24, 24) { Options = Segments(Causal, 30) with { Scale = -0.7 }, QueryMax = 10 },
        new(71, 70, 24, 24) { Options = Window with { Scale = 0 } },
        new(73, 71, 24, 24) { Options = Causal with { Scale = 1e-60 } },
        new(71, 73, 24, 24) { Options = Segments(Causal, 40) with { Scale = -1e-60 } },
        new(73, 74, 24, 24) { Options = Causal with { Scale = 1e4 } },
    }.ToDictionary(one => one.ToString());

    public static TheoryData<string> All => [.. ByName.Keys];

    /// <summary>Those that the reference path computes within a second.</summary>
    public static TheoryData<string> Small =>
        [.. ByName.Where(pair => Operations(pair.Value) < ReferenceOperationsMax).Select(pair => pair.Key)];

    private static long Operations(AttentionCase one) =>
        (long)one.Batch * one.QueryHeads * one.Queries * one.Keys * (one.KeyWidth + one.ValueWidth);

    private static AttentionOptions Segments(AttentionOptions options, int keys) => options with { KeysPerSegment = keys };
}
