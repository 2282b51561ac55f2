using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Refusals;

public sealed class UsageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Without_a_command_help_goes_to_standard_error()
    {
        AttnResult result = Attn.Run(_folder).Expect(2);

        Assert.Empty(result.Output);
        Assert.Contains("attend", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("attend --help")]
    [InlineData("verify --help")]
    [InlineData("merge --help")]
    [InlineData("serve --help")]
    [InlineData("doctor --help")]
    [InlineData("bench --help")]
    [InlineData("bench kernel --help")]
    public void Help_that_is_asked_for_is_a_success(string arguments)
    {
        AttnResult result = Attn.Run(_folder, arguments.Split(' ')).Expect(0);

        Assert.Contains("Usage:", result.Output, StringComparison.Ordinal);
        Assert.Empty(result.Error);
    }

    [Fact]
    public void An_unknown_command_says_where_to_look() =>
        Attn.Run(_folder, "atend").ExpectRefusal("'atend'", "attn --help");
}
