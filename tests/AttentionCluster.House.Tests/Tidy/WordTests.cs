using System.Text.RegularExpressions;
using AttentionCluster.House.Tests.Sources;

namespace AttentionCluster.House.Tests.Tidy;

/// <summary>The field has words for these: see the words in <c>src/README.md</c>.</summary>
public sealed class WordTests
{
    /// <summary>What was once a name here, and what the field says.</summary>
    private static readonly (string Word, string Instead)[] s_banned =
    [
        ("IsHungry", "below the low watermark"), ("SpareGain", "speculation gain"), ("TaskFlight", "task attempts"),
        ("HomeSearch", "segment placement"), ("ScheduledWorker", "worker load"), ("OpenBlock", "block reduction"),
        ("ProcessLook", "process probe"), ("ProcessSign", "probe result"), ("RunAhead", "prefetch"), ("SharedRun", "prefetch share"),
        ("TileSight", "tile visibility"), ("TaskBias", "score modifier"), ("MaskCensus", "visibility counts"), ("TaskSlice", "auxiliary slice"),
        ("SideLayout", "auxiliary layout"), ("SideTensors?", "auxiliary tensors"), ("SideRef", "auxiliary tensor reference"),
        ("OfferedBytes", "published payloads"), ("OfferedPayload", "published payload"), ("OfferRoom", "reservation"),
        ("IsPassing", "is transient"), ("PassingTrouble", "transient failure"), ("InputTrouble", "input failure"),
        ("s_betweenLooks", "poll interval"), ("JobWatch", "phase timer, job events"),
    ];

    [Fact]
    public void No_source_uses_a_word_that_only_this_house_knows() => Findings.AreNone(
        from file in SourceTree.ProductFiles()
        let text = File.ReadAllText(file)
        from banned in s_banned
        where Regex.IsMatch(text, $@"\b{banned.Word}\b")
        select $"{SourceTree.NameOf(file)} says {banned.Word}; say {banned.Instead}");
}
