using System.IO.Compression;
using AttentionCluster.Core.Formats;
using CsCheck;
using static AttentionCluster.Core.Tests.Formats.SafetensorsBytes;

namespace AttentionCluster.Core.Tests.Formats;

/// <summary>A damaged file opens, or is refused with a reason; nothing else, and never at a high price.</summary>
public class FuzzTests
{
    private const int CasesPerFormat = 2_000;

    /// <summary>The files below have a few hundred bytes. A deflated one may honestly unfold a thousandfold.</summary>
    private const long AllocatedBytesMax = 4 << 20;

    private static readonly byte[] _npy = NpyBytes.Of(NpyBytes.TwoByThree, 24);

    [Fact]
    public void A_damaged_npy_file_opens_or_is_refused() => Damage(_npy);

    [Fact]
    public void A_damaged_deflated_archive_opens_or_is_refused() =>
        Damage(NpzBytes.Of(CompressionLevel.Optimal, ("q.npy", _npy), ("k.npy", _npy)));

    [Fact]
    public void A_damaged_stored_archive_opens_or_is_refused() =>
        Damage(NpzBytes.Of(CompressionLevel.NoCompression, ("q.npy", _npy), ("k.npy", _npy)));

    [Fact]
    public void A_damaged_safetensors_file_opens_or_is_refused() =>
        Damage(Of($$"""{"__metadata__":{"a":"b"},{{Tensor("q", "F32", "2,3", 0, 24)}},{{Tensor("k", "I64", "1", 24, 32)}}}""", 32));

    private static void Damage(byte[] sound)
    {
        Gen<Func<byte[], byte[]>> blow = Gen.OneOf<Func<byte[], byte[]>>(
            Gen.Select(Gen.Int[0, sound.Length - 1], Gen.Byte).Select((at, value) => (Func<byte[], byte[]>)(b => Replace(b, at, value))),
            Gen.Select(Gen.Int[0, sound.Length - 1], Gen.Char["{}[]()',:\"0159 -.<>fTF\n"])
                .Select((at, value) => (Func<byte[], byte[]>)(b => Replace(b, at, (byte)value))),
            Gen.Select(Gen.Int[0, sound.Length], Gen.Int[0, 16]).Select((at, n) => (Func<byte[], byte[]>)(b => Cut(b, at, n))),
            Gen.Select(Gen.Int[0, sound.Length], Gen.Byte.Array[1, 8])
                .Select((at, more) => (Func<byte[], byte[]>)(b => Insert(b, at, more))));

        using TemporaryFile file = new(sound);
        blow.Array[1, 3].Sample(blows =>
        {
            File.WriteAllBytes(file.Path, blows.Aggregate(sound, (bytes, hit) => hit(bytes)));
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using TensorFile opened = TensorFile.Open(file.Path);
                foreach (TensorEntry entry in opened.Entries)
                    opened.Bytes(entry).ToNative().Dispose();
            }
            catch (TensorFormatException refusal)
            {
                Assert.Contains("; wanted ", refusal.Message, StringComparison.Ordinal);
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, AllocatedBytesMax);
        }, iter: CasesPerFormat, threads: 1, print: blows => $"{blows.Length} blows");
    }

    private static byte[] Replace(byte[] bytes, int at, byte value)
    {
        byte[] changed = [.. bytes];
        if (at < changed.Length)
            changed[at] = value;
        return changed;
    }

    private static byte[] Cut(byte[] bytes, int at, int count) => [.. bytes.Take(at), .. bytes.Skip(at + count)];

    private static byte[] Insert(byte[] bytes, int at, byte[] more) => [.. bytes.Take(at), .. more, .. bytes.Skip(at)];
}
