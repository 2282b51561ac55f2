using AttentionCluster.Core.Tests.Conformance;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Attend;

/// <summary>
/// Cases of ONNX as files on the command line: one of each kind, because every one of them is a process; all of them are computed without
/// one, and by HTTP.
/// </summary>
public sealed class OnnxConformanceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static IEnumerable<object[]> Cases => OnnxCase.NamesOfEachKind.Select(name => new object[] { name });

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void The_output_file_holds_the_result_of_onnx(string name)
    {
        OnnxCase one = OnnxCase.Read(name);
        _folder.Write("in.safetensors", one.ToSafetensors());
        string[] options = [.. one.NamedOptions.Select(option => option.Name == "causal" ? "--causal" : $"--{option.Name}={option.Value}")];

        AttnResult run = Attn.Run(_folder,
            ["attend", "--input", "in.safetensors", "-o", "out.safetensors", "--verify", "8", "--threads", "1", .. options]).Expect(0);

        Assert.Contains("verify ok", run.Output, StringComparison.Ordinal);
        one.AssertResult(_folder.File("out.safetensors"), name);
    }
}
