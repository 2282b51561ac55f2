using PublicApiGenerator;

namespace AttentionCluster.Client.Tests;

/// <summary>What users of the package can see. A change shows here before it shows at theirs.</summary>
public sealed class PublicApiTests
{
    [Fact]
    public void It_is_as_recorded()
    {
        string now = typeof(AttentionClient).Assembly.GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false });
        string recordPath = Path.Combine(AppContext.BaseDirectory, "PublicApi.txt");
        string[] recorded = File.ReadAllLines(recordPath);
        string[] found = now.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');

        string[] difference =
            [.. recorded.Except(found).Select(line => $"- {line}"), .. found.Except(recorded).Select(line => $"+ {line}")];

        string hint = $"the public interface differs from PublicApi.txt; if that is meant, record what stands "
            + $"below:\n{string.Join('\n', difference)}\n\n{now}";
        Assert.True(recorded.SequenceEqual(found), hint);
    }
}
