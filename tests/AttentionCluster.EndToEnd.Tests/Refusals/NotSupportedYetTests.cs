using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Refusals;

/// <summary>What this version does not carry out is refused by name, never ignored.</summary>
public sealed class NotSupportedYetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("--softcap", "30")]
    [InlineData("--sinks", "4")]
    [InlineData("--context", "c1")]
    public void An_option_is_refused_by_name(string option, string value) =>
        Attn.Run(_folder, "attend", "--random", "1,1,10,8", option, value).ExpectRefusal(option.TrimStart('-'), "not supported yet");

    [Theory]
    [InlineData("contexts")]
    [InlineData("top")]
    public void A_command_is_refused_by_name_whatever_follows_it(string command) =>
        Attn.Run(_folder, command, "x", "--server", "y").ExpectRefusal($"'{command}'", "not supported yet");

    [Theory]
    [InlineData("mask", "BOOL", 1)]
    [InlineData("mask", "F32", 4)]
    [InlineData("alibi_slopes", "F32", 4)]
    [InlineData("sink_logits", "F32", 4)]
    [InlineData("q_documents", "I64", 8)]
    [InlineData("k_documents", "I64", 8)]
    [InlineData("kv_lengths", "I64", 8)]
    public void A_tensor_of_an_input_is_refused_by_name(string tensor, string dtype, int elementBytes)
    {
        _folder.Write("in.safetensors", Safetensors.Zeros(
            ("q", "F32", 4, [2, 3]), ("k", "F32", 4, [2, 3]), ("v", "F32", 4, [2, 3]), (tensor, dtype, elementBytes, [2])));

        Attn.Run(_folder, "attend", "--input", "in.safetensors").ExpectRefusal($"'{tensor}'", "not supported yet");
    }
}
