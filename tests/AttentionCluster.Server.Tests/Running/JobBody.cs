using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Server.Tests.Running;

/// <summary>A body with standard normal numbers, and what must come back for it.</summary>
internal sealed class JobBody
{
    internal const string MediaType = "application/x-safetensors";

    private readonly TensorShape[] _shapes;

    private JobBody(TensorShape[] shapes, byte[] bytes) => (_shapes, Bytes) = (shapes, bytes);

    internal byte[] Bytes { get; }

    internal static JobBody Of(TensorShape query, TensorShape key, TensorShape value, ElementType type = ElementType.Float32)
    {
        TensorShape[] shapes = [query, key, value];
        string[] names = ["q", "k", "v"];
        SafetensorsLayout layout = SafetensorsHeader.Build(
            [.. names.Zip(shapes, (name, shape) => (name, type, Array.ConvertAll(shape.ToDimensions(), axis => (long)axis)))]);
        byte[] bytes = new byte[layout.FileLength];
        layout.Header.CopyTo(bytes, 0);
        for (int i = 0; i < shapes.Length; i++)
        {
            float[] numbers = new float[shapes[i].ElementCount];
            StandardNormal.Fill(1, names[i], shapes[i], 0, numbers);
            byte[] data = type == ElementType.Float32 ? MemoryMarshal.AsBytes<float>(numbers).ToArray()
                : [.. numbers.SelectMany(number => BytesOf(number, type))];
            data.CopyTo(bytes, layout.Entries[i].ByteOffset);
        }

        return new JobBody(shapes, bytes);
    }

    /// <summary>Q, K and V of one shape.</summary>
    internal static JobBody Of(TensorShape shape, ElementType type = ElementType.Float32) => Of(shape, shape, shape, type);

    /// <summary>The body of a request.</summary>
    internal HttpContent Content() => Content(Bytes);

    /// <summary>Any bytes as the body of a request.</summary>
    internal static HttpContent Content(byte[] bytes)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue(MediaType);
        return content;
    }

    internal AttentionPlan Plan(AttentionOptions? options = null) =>
        Plans.Of(_shapes[0], _shapes[1], _shapes[2], options ?? new AttentionOptions());

    /// <summary>Asserts that a file has the bits that the core computes, rounded to the type of the output.</summary>
    internal void AssertResult(byte[] result, AttentionOptions? options = null, ElementType type = ElementType.Float32)
    {
        AttentionPlan plan = Plan(options);
        using var folder = new TemporaryFolder();
        (float[] output, float[] lse) = Compute(folder, plan);
        string path = Path.Combine(folder.Path, "result");
        File.WriteAllBytes(path, result);
        using TensorFile file = TensorFile.Open(path);
        Assert.Equal(plan.Shape.Output.ToDimensions(), file.Find("o")!.Dimensions.Select(axis => (int)axis));
        byte[] rounded = new byte[output.Length * type.ByteSize()];
        type.FromSingle(output, rounded);
        Assert.Equal(type, file.Find("o")!.Type);
        Assert.True(rounded.AsSpan().SequenceEqual(Read(file, "o")), "o has other bits than the core's");
        if (plan.Options.WithLse)
            Assert.True(MemoryMarshal.AsBytes<float>(lse).SequenceEqual(Read(file, "lse")), "lse has other bits than the core's");
        else
            Assert.Null(file.Find("lse"));
    }

    private (float[] Output, float[] Lse) Compute(TemporaryFolder folder, AttentionPlan plan)
    {
        string path = Path.Combine(folder.Path, "input");
        File.WriteAllBytes(path, Bytes);
        using TensorFile file = TensorFile.Open(path);
        StoredTensor Tensor(string name, TensorShape shape) => new(name, file, file.Find(name)!, shape);
        return CoreAttention.Compute(plan, Tensor("q", _shapes[0]), Tensor("k", _shapes[1]), Tensor("v", _shapes[2]));
    }

    private static byte[] Read(TensorFile file, string name)
    {
        TensorEntry entry = file.Find(name)!;
        byte[] bytes = new byte[entry.ByteLength];
        file.Read(entry, 0, bytes);
        return bytes;
    }

    private static byte[] BytesOf(float number, ElementType type) => type switch
    {
        ElementType.Float16 => BitConverter.GetBytes((Half)number),
        ElementType.BFloat16 => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(number) >> 16)),
        ElementType.Float64 => BitConverter.GetBytes((double)number),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };
}
