using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Refusals;

/// <summary>What this version does not carry out is refused by name, never ignored.</summary>
public sealed class NotSupportedYetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("--context", "c1")]
    public void An_option_is_refused_by_name(string option, string value) =>
        Attn.Run(_folder, "attend", "--random", "1,1,10,8", option, value).ExpectRefusal(option, "not supported yet");

    [Theory]
    [InlineData("contexts")]
    [InlineData("top")]
    public void A_command_is_refused_by_name_whatever_follows_it(string command) =>
        Attn.Run(_folder, command, "x", "--server", "y").ExpectRefusal($"'{command}'", "not supported yet");
}
