using System.Text;

namespace AttentionCluster.Server.Tests.Fuzz;

/// <summary>Headers of safetensors that promise, honestly written, tensors of any size: the bytes behind them need never come.</summary>
internal static class PromisedShapes
{
    private static readonly long[] s_lengths =
        [1, 1, 1, 2, 3, 64, 576, 577, 1_024, 65_536, 1 << 22, (1 << 22) + 1, 1 << 30, int.MaxValue - 100, int.MaxValue, 1L << 31, 1L << 40,
            long.MaxValue];

    /// <summary>A body that ends with its header.</summary>
    internal static byte[] Header(Random random)
    {
        byte[] json = Json(random);
        return [.. BitConverter.GetBytes((long)json.Length), .. json];
    }

    /// <summary>
    /// The header alone: shapes that mostly fit together, and offsets that fit the shapes as far as there are such numbers.
    /// </summary>
    internal static byte[] Json(Random random)
    {
        long Length() => s_lengths[random.Next(s_lengths.Length)];
        long batch = random.Next(4) == 0 ? Length() : 1;
        long kvHeads = random.Next(3) == 0 ? Length() : 1;
        long heads = random.Next(2) == 0 ? Length() : kvHeads;
        (long rows, long keys, long width) = (Length(), Length(), random.Next(3) == 0 ? Length() : 1);
        var text = new StringBuilder("{");
        Int128 end = 0;
        void Add(string name, params long[] shape)
        {
            Int128 bytes = shape.Aggregate((Int128)4, (product, axis) => product > long.MaxValue ? product : product * axis);
            text.Append($"{(text.Length > 1 ? "," : "")}\"{name}\":{{\"dtype\":\"F32\",\"shape\":[{string.Join(',', shape)}],\"data_offsets\":[{end},{end + bytes}]}}");
            end += bytes;
        }

        Add("q", batch, heads, rows, width);
        Add("k", batch, kvHeads, keys, width);
        Add("v", batch, kvHeads, keys, random.Next(3) == 0 ? Length() : width);

        // A result beside the inputs counts for nothing but its length, which may take the file to the end of all numbers.
        if (random.Next(4) == 0 && end < long.MaxValue)
            Add("o", (long)((long.MaxValue - 2_000 - end) / 4));
        return Encoding.ASCII.GetBytes(text.Append('}').ToString());
    }
}
