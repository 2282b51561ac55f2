using System.Text.Json;

namespace AttentionCluster.EndToEnd.Tests.Running;

/// <summary>What a process left behind.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">All of its standard output.</param>
/// <param name="Error">All of its standard error.</param>
internal sealed record AttnResult(int ExitCode, string Output, string Error)
{
    /// <summary>The report that <c>--json</c> prints; the output must be that and nothing else.</summary>
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    /// <summary>Fails, showing what was printed, unless the process ended with this exit code.</summary>
    public AttnResult Expect(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"exit code {ExitCode} instead of {exitCode}\n{Output}\n{Error}");
        return this;
    }

    /// <summary>Fails unless this was refused as wrong input, with a message that has every one of the words.</summary>
    public void ExpectRefusal(params string[] words)
    {
        Expect(2);
        Assert.Empty(Output);
        Assert.StartsWith("attn: ", Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
        Assert.All(words, word => Assert.Contains(word, Error, StringComparison.Ordinal));
    }
}
