using System.Net;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text.Json;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Tensors;
using AttentionCluster.EndToEnd.Tests.Running;
using Safetensors = AttentionCluster.EndToEnd.Tests.Running.Safetensors;

namespace AttentionCluster.EndToEnd.Tests.Serve;

/// <summary>Many more calls at once than a small node takes: it computes what it takes, and tells the others when to come back.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class FullQueueTests : IDisposable
{
    private const int Calls = 100;

    private static readonly TensorShape s_shape = new(1, 1, 512, 64);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_hundred_calls_are_answered_right_or_sent_away_for_a_while()
    {
        byte[] input = Input();
        _folder.Write("in.safetensors", input);
        Attn.Run(_folder, "attend", "--input", "in.safetensors", "--kernel", "portable", "-o", "expected.safetensors").Expect(0);
        byte[] expected = Tensor(File.ReadAllBytes(_folder.File("expected.safetensors")), "o");
        await using ServeProcess node = ServeProcess.Start(
            _folder, [("ATTN__Jobs__JobsRunningMax", "1"), ("ATTN__Jobs__CallsQueuedMax", "4")], "--threads", "1");
        await node.WaitForReadyAsync();

        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, Calls).Select(_ => CallAsync(node, input)));

        ILookup<HttpStatusCode, HttpResponseMessage> byStatus = answers.ToLookup(answer => answer.StatusCode);
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.TooManyRequests], byStatus.Select(group => group.Key).Order());
        foreach (HttpResponseMessage right in byStatus[HttpStatusCode.OK])
            Assert.True(Tensor(await right.Content.ReadAsByteArrayAsync(), "o").AsSpan().SequenceEqual(expected), "other bits");
        foreach (HttpResponseMessage refused in byStatus[HttpStatusCode.TooManyRequests])
        {
            Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
            Assert.Equal("queue-full",
                JsonDocument.Parse(await refused.Content.ReadAsStringAsync()).RootElement.GetProperty("code").GetString());
        }

        Array.ForEach(answers, answer => answer.Dispose());
        using HttpResponseMessage later = await CallAsync(node, input);
        Assert.Equal(HttpStatusCode.OK, later.StatusCode);
    }

    private static async Task<HttpResponseMessage> CallAsync(ServeProcess node, byte[] input)
    {
        using var content = new ByteArrayContent(input);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-safetensors");
        return await node.Http.PostAsync("/v1/attention?kernel=portable", content);
    }

    private static byte[] Input()
    {
        byte[] file = Safetensors.Zeros([.. new[] { "q", "k", "v" }.Select(name => (name, "F32", sizeof(float), s_shape.ToDimensions()))]);
        foreach (string name in new[] { "q", "k", "v" })
        {
            (long start, long end) = Safetensors.Locate(file, name);
            StandardNormal.Fill(1, name, s_shape, 0, MemoryMarshal.Cast<byte, float>(file.AsSpan((int)start, (int)(end - start))));
        }

        return file;
    }

    private static byte[] Tensor(byte[] file, string name)
    {
        (long start, long end) = Safetensors.Locate(file, name);
        return file[(int)start..(int)end];
    }
}
