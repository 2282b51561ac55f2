using AttentionCluster.Core.Tests.Conformance;
using AttentionCluster.Server.Tests.Running;

namespace AttentionCluster.Server.Tests.Http;

/// <summary>Every case of ONNX, as a call over HTTP.</summary>
public sealed class OnnxConformanceTests(ApiNode node) : IClassFixture<ApiNode>
{
    public static IEnumerable<object[]> Cases => OnnxCase.Names.Select(name => new object[] { name });

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public async Task The_answer_is_the_result_of_onnx(string name)
    {
        OnnxCase one = OnnxCase.Read(name);
        string query = string.Join('&', one.NamedOptions.Select(option => $"{option.Name}={option.Value}"));
        using HttpContent content = JobBody.Content(one.ToSafetensors());

        using HttpResponseMessage answer = await node.Client.PostAsync($"/v1/attention?{query}", content).InTime();

        byte[] result = await answer.Content.ReadAsByteArrayAsync();
        Assert.True(answer.IsSuccessStatusCode, System.Text.Encoding.UTF8.GetString(result));
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "result");
        await File.WriteAllBytesAsync(path, result);
        one.AssertResult(path, name);
    }
}
