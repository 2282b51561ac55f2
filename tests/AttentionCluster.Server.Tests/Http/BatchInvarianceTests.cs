using System.Net;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server.Tests.Running;

namespace AttentionCluster.Server.Tests.Http;

/// <summary>Law 11 through the service: a row's bits are those that it has alone, whatever is sent with it.</summary>
public sealed class BatchInvarianceTests(ApiNode node) : IClassFixture<ApiNode>
{
    private const int Subsets = 20;

    private static readonly TensorShape Query = new(3, 6, 50, 24), Key = new(3, 2, 150, 24);

    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float16)]
    [InlineData(ElementType.BFloat16)]
    public async Task Every_row_of_a_random_part_has_the_bits_that_it_has_in_the_whole(ElementType type)
    {
        var random = new Random(1);
        byte[] q = Numbers(random, Query, type), k = Numbers(random, Key, type), v = Numbers(random, Key, type);
        int bytes = type.ByteSize() * Query.Width;
        (byte[] output, byte[] lse) = await AttendAsync(type, Query, q, Key, k, v, "");
        for (int subset = 0; subset < Subsets; subset++)
        {
            int[] batches = Some(random, Query.Batch), kvHeads = Some(random, Key.Heads), members = Some(random, Query.Heads / Key.Heads);
            int[] heads = [.. kvHeads.SelectMany(kvHead => members.Select(member => (kvHead * Query.Heads / Key.Heads) + member))];
            int[] rows = [.. Enumerable.Range(0, random.Next(1, 70)).Select(_ => random.Next(Query.Rows))], keys =
                [.. Enumerable.Range(0, Key.Rows)];
            var query = new TensorShape(batches.Length, heads.Length, rows.Length, Query.Width);
            var key = new TensorShape(batches.Length, kvHeads.Length, Key.Rows, Key.Width);

            (byte[] partOutput, byte[] partLse) = await AttendAsync(
                type, query, Take(q, Query, bytes, batches, heads, rows), key, Take(k, Key, bytes, batches, kvHeads, keys),
                    Take(v, Key, bytes, batches, kvHeads, keys),
                $"&rows_per_block={random.Next(1, rows.Length + 1)}");

            Assert.True(Take(output, Query, sizeof(float) * Query.Width, batches, heads, rows).SequenceEqual(partOutput),
                $"o of subset {subset}");
            Assert.True(Take(lse, Query, sizeof(float), batches, heads, rows).SequenceEqual(partLse), $"lse of subset {subset}");
        }
    }

    private async Task<(byte[] Output, byte[] Lse)> AttendAsync(ElementType type, TensorShape query, byte[] q, TensorShape key, byte[] k,
        byte[] v, string options)
    {
        long[] Axes(TensorShape shape) => Array.ConvertAll(shape.ToDimensions(), axis => (long)axis);
        SafetensorsLayout layout = SafetensorsHeader.Build([("q", type, Axes(query)), ("k", type, Axes(key)), ("v", type, Axes(key))]);
        byte[] body = new byte[layout.FileLength];
        layout.Header.CopyTo(body, 0);
        foreach ((int at, byte[] numbers) in ((byte[][])[q, k, v]).Index())
            numbers.CopyTo(body, layout.Entries[at].ByteOffset);
        using HttpContent content = JobBody.Content(body);
        using HttpResponseMessage answer =
            await node.Client.PostAsync(new Uri($"/v1/attention?keys_per_segment=64{options}", UriKind.Relative), content);
        byte[] result = await answer.Content.ReadAsByteArrayAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, System.Text.Encoding.UTF8.GetString(result));
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "result");
        await File.WriteAllBytesAsync(path, result);
        using TensorFile file = TensorFile.Open(path);
        return (Read(file, "o"), Read(file, "lse"));
    }

    private static byte[] Read(TensorFile file, string name)
    {
        TensorEntry entry = file.Require(name);
        byte[] bytes = new byte[entry.ByteLength];
        file.Read(entry, 0, bytes);
        return bytes;
    }

    private static byte[] Numbers(Random random, TensorShape shape, ElementType type)
    {
        float[] numbers = [.. Enumerable.Range(0, (int)shape.ElementCount).Select(_ => (float)((random.NextDouble() * 6) - 3))];
        byte[] bytes = new byte[numbers.Length * type.ByteSize()];
        type.FromSingle(numbers, bytes);
        return bytes;
    }

    private static byte[] Take(byte[] tensor, TensorShape shape, int rowBytes, int[] batches, int[] heads, int[] rows) =>
        [.. batches.SelectMany(batch => heads.SelectMany(head => rows.SelectMany(row =>
            new ArraySegment<byte>(tensor, (int)(shape with { Width = 1 }).RowOffset(batch, head, row) * rowBytes, rowBytes))))];

    /// <summary>At least one of those below a number, in any order.</summary>
    private static int[] Some(Random random, int of)
    {
        int[] all = [.. Enumerable.Range(0, of)];
        random.Shuffle(all);
        return all[..random.Next(1, of + 1)];
    }
}
