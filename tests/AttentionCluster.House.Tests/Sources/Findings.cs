namespace AttentionCluster.House.Tests.Sources;

/// <summary>What a test of the sources has found.</summary>
internal static class Findings
{
    /// <summary>Fails, and names all of them, unless there are none.</summary>
    internal static void AreNone(IEnumerable<string> findings)
    {
        string[] all = [.. findings.Distinct().Order(StringComparer.Ordinal)];
        if (all.Length > 0)
            Assert.Fail($"{all.Length} found:\n{string.Join('\n', all)}");
    }
}
