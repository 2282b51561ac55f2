using System.Text;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;
using CsCheck;

namespace AttentionCluster.Core.Tests.Formats;

public class HeaderTests
{
    private static readonly Gen<ElementType> _type = Gen.Enum<ElementType>();
    private static readonly Gen<long[]> _dimensions = Gen.Long[1, 5].Array[0, 5];
    private static readonly Gen<string> _name = Gen.String[Gen.Char["qkv_.é\"\\\n漢"], 1, 8];

    [Fact]
    public void What_is_written_as_safetensors_is_read_again() =>
        Gen.Select(Gen.Select(_name, _type, _dimensions).Array[0, 5], Gen.Dictionary(_name, _name)[0, 3]).Sample((tensors, metadata) =>
        {
            (string Name, ElementType Type, long[] Dimensions)[] distinct = [.. tensors.DistinctBy(t => t.Item1)];
            SafetensorsLayout layout = SafetensorsHeader.Build(distinct, metadata);
            byte[] data = NpyBytes.Data((int)layout.FileLength - layout.Header.Length);
            using TemporaryFile bytes = new([.. layout.Header, .. data]);
            using TensorFile file = TensorFile.Open(bytes.Path);

            Assert.Equal(0, layout.Header.Length % 64);
            Assert.Equal(metadata, file.Metadata);
            Assert.Equal(distinct.Length, file.Entries.Count);
            foreach ((TensorEntry read, TensorEntry laidOut) in file.Entries.Zip(layout.Entries))
            {
                Assert.Equal(laidOut with { Dimensions = [] }, read with { Dimensions = [] });
                Assert.Equal(laidOut.Dimensions.AsEnumerable(), read.Dimensions);
                byte[] own = new byte[read.ByteLength];
                file.Read(read, 0, own);
                Assert.Equal(data[(int)(read.ByteOffset - layout.Header.Length)..][..own.Length], own);
            }
        }, iter: 200, threads: 1);

    [Fact]
    public void What_is_written_as_npy_is_read_again() =>
        Gen.Select(_type.Where(type => type != ElementType.BFloat16), _dimensions).Sample((type, dimensions) =>
        {
            byte[] header = NpyHeader.Build(type, dimensions);
            byte[] data = NpyBytes.Data((int)dimensions.Aggregate((long)type.ByteSize(), (product, axis) => product * axis));
            using TemporaryFile bytes = new([.. header, .. data]);
            using TensorFile file = TensorFile.Open(bytes.Path);

            TensorEntry entry = file.Entries[0];
            Assert.Equal((type, header.Length, data.Length), (entry.Type, entry.ByteOffset, entry.ByteLength));
            Assert.Equal(dimensions.AsEnumerable(), entry.Dimensions);
            Assert.Equal(0, header.Length % 64);
        }, iter: 200, threads: 1);

    [Fact]
    public void An_npy_header_is_what_NumPy_writes()
    {
        byte[] header = NpyHeader.Build(ElementType.Float32, [7]);
        Assert.Equal(128, header.Length);
        Assert.Equal([0x93, .. "NUMPY"u8, 1, 0, 118, 0, .. "{'descr': '<f4', 'fortran_order': False, 'shape': (7,), }"u8], header[..67]);
        Assert.Equal((byte)'\n', header[^1]);
        Assert.DoesNotContain(header[67..^1], padding => padding != ' ');
    }

    [Fact]
    public void A_placeholder_in_the_metadata_can_be_rewritten_without_moving_data()
    {
        (string, ElementType, long[])[] tensors = [("o", ElementType.Float32, [3])];
        SafetensorsLayout before = SafetensorsHeader.Build(tensors, Sha(new string('0', 64)));
        SafetensorsLayout after = SafetensorsHeader.Build(tensors, Sha(Convert.ToHexStringLower(NpyBytes.Data(32))));
        Assert.Equal(before.Header.Length, after.Header.Length);
        Assert.Equal(before.Entries[0].ByteOffset, after.Entries[0].ByteOffset);
        Assert.NotEqual(before.Header, after.Header);

        static Dictionary<string, string> Sha(string value) => new() { ["sha256"] = value };
    }

    [Fact]
    public void The_order_of_metadata_does_not_change_a_byte()
    {
        byte[] one = SafetensorsHeader.Build([], new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" }).Header;
        byte[] other = SafetensorsHeader.Build([], new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" }).Header;
        Assert.Equal(one, other);
        Assert.Contains("""{"__metadata__":{"a":"1","b":"2"}}""", Encoding.UTF8.GetString(one), StringComparison.Ordinal);
    }

    [Fact]
    public void What_no_file_can_hold_is_not_laid_out()
    {
        Assert.Throws<ArgumentException>(() => NpyHeader.Build(ElementType.BFloat16, [1]));
        Assert.Throws<ArgumentException>(() => NpyHeader.Build(ElementType.Float32, [2, 0]));
        Assert.Throws<ArgumentException>(() => NpyHeader.Build(ElementType.Float32, new long[65]));
        foreach (string name in (string[])["", "__metadata__", new string('q', 1001)])
            Assert.Throws<ArgumentException>(() => SafetensorsHeader.Build([(name, ElementType.Float32, [1])]));
        Assert.Throws<ArgumentException>(() => SafetensorsHeader.Build([("q", ElementType.Float32, [1]), ("q", ElementType.Float32, [1])]));
        Assert.Throws<ArgumentException>(() => SafetensorsHeader.Build([("q", ElementType.Float32, [-1])]));
        Assert.Throws<ArgumentException>(() => SafetensorsHeader.Build([("q", ElementType.Float32, [1L << 32, 1L << 32])]));
        Assert.Throws<ArgumentException>(() =>
            SafetensorsHeader.Build([.. "qkvxyz".Select(c => ($"{c}", ElementType.Float32, (long[])[1L << 57]))]));
    }
}
