using AttentionCluster.Core.Attention;
using PublicApiGenerator;

namespace AttentionCluster.Core.Tests;

/// <summary>
/// What users of the package can see: what a job is given and says, and tensors with their files. A change shows here before it shows at
/// theirs.
/// </summary>
public sealed class PublicApiTests
{
    private static readonly string[] s_found = typeof(AttentionOptions).Assembly
        .GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false }).ReplaceLineEndings("\n").TrimEnd('\n')
            .Split('\n');

    [Fact]
    public void It_is_as_recorded()
    {
        string[] recorded = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "PublicApi.txt"));

        string[] difference =
            [.. recorded.Except(s_found).Select(line => $"- {line}"), .. s_found.Except(recorded).Select(line => $"+ {line}")];

        string hint = "the public interface differs from PublicApi.txt; if that is meant, record what stands below:"
            + $"\n{string.Join('\n', difference)}\n\n{string.Join('\n', s_found)}";
        Assert.True(recorded.SequenceEqual(s_found), hint);
    }

    /// <summary>Memory is lent as spans: whoever builds upon the package needs no unsafe code.</summary>
    [Fact]
    public void It_has_no_raw_pointer() => Assert.DoesNotContain(s_found, line => line.Contains('*', StringComparison.Ordinal));
}
