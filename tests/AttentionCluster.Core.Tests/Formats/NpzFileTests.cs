using System.IO.Compression;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;
using static AttentionCluster.Core.Tests.Formats.NpyBytes;

namespace AttentionCluster.Core.Tests.Formats;

public class NpzFileTests
{
    private static readonly byte[] _q = Of(TwoByThree, 24);
    private static readonly byte[] _lengths = Of("{'descr': '<i8', 'fortran_order': False, 'shape': (3,)}", 24);

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.SmallestSize)]
    public unsafe void Members_are_read_stored_or_deflated(CompressionLevel level)
    {
        using TemporaryFile bytes = new(NpzBytes.Of(level, ("q.npy", _q), ("kv_lengths.npy", _lengths)));
        using TensorFile file = TensorFile.Open(bytes.Path);

        Assert.Equal(FileFormat.Npz, file.Format);
        TensorEntry q = file.Require("q");
        byte[] data = new byte[20];
        file.Read(q, 4, data);
        Assert.Equal(Data(24)[4..], data);
        using NativeBuffer copy = file.Bytes(q).ToNative();
        Assert.Equal(Data(24), new ReadOnlySpan<byte>(copy.Pointer, 24));
        Assert.Equal(("kv_lengths", ElementType.Int64), (file.Entries[1].Name, file.Entries[1].Type));
    }

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.SmallestSize)]
    public void A_local_header_with_64_bit_lengths_is_read(CompressionLevel level)
    {
        using TemporaryFile bytes = new(NpzBytes.WithLongLocalHeader(NpzBytes.Of(level, ("q.npy", _q))));
        using TensorFile file = TensorFile.Open(bytes.Path);

        byte[] data = new byte[24];
        file.Read(file.Require("q"), 0, data);
        Assert.Equal(Data(24), data);
    }

    [Fact]
    public void An_archive_without_members_is_read()
    {
        using TemporaryFile bytes = new(NpzBytes.Of(CompressionLevel.NoCompression));
        using TensorFile file = TensorFile.Open(bytes.Path);
        Assert.Empty(file.Entries);
    }

    [Fact]
    public void A_broken_member_is_named()
    {
        TensorFormatException refusal = Refused.Because(
            NpzBytes.Of(CompressionLevel.Optimal, ("q.npy", _q), ("k.npy", _q[..^1])), 93, "the end of the file", "1 more bytes");
        Assert.EndsWith("/k.npy", refusal.Path, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("readme.txt", "the member 'readme.txt'", "names that end in .npy")]
    [InlineData("directory/", "the member 'directory/'", "names that end in .npy")]
    [InlineData("q.npy", "a second member 'q.npy'", "each name once")]
    public void A_member_that_is_no_array_or_a_second_one_is_refused(string name, string found, string wanted) =>
        Refused.Because(NpzBytes.Of(CompressionLevel.Optimal, ("q.npy", _q), (name, [])), 0, found, wanted);

    [Fact]
    public void Members_that_nobody_asked_for_are_in_nobodys_way()
    {
        byte[] archive = NpzBytes.Of(
            CompressionLevel.Optimal, ("q.npy", _q), ("readme.txt", [1]),
                ("labels.npy", Of("{'descr': '<U5', 'fortran_order': False, 'shape': (3,)}", 60)),
            ("k.npy", _q[..^1]), ("huge.npy", new byte[5_000_000]), ("o.npy", []));
        using TemporaryFile bytes = new(archive);

        using (TensorFile file = TensorFile.Open(bytes.Path, archiveBytesMax: 1000, names: ["q", "v"]))
        {
            Assert.Equal("q", Assert.Single(file.Entries).Name);
            Assert.Equal(["readme.txt", "labels", "k", "huge", "o"], file.UnreadNames);
            Assert.Null(file.Only);
            Assert.Contains("labels", Assert.Throws<TensorFormatException>(() => file.Require("v")).Message, StringComparison.Ordinal);
        }

        Assert.EndsWith("/k.npy", Assert.Throws<TensorFormatException>(() => TensorFile.Open(bytes.Path, names: ["q", "k"])).Path,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_only_member_is_read_whatever_its_name_is()
    {
        using TemporaryFile bytes = new(NpzBytes.Of(CompressionLevel.Optimal, ("arr_0.npy", _q)));
        using TensorFile file = TensorFile.Open(bytes.Path, names: ["q"]);
        Assert.Equal("arr_0", file.Only!.Name);
    }

    [Fact]
    public void A_flipped_bit_is_refused()
    {
        byte[] archive = NpzBytes.Of(CompressionLevel.NoCompression, ("q.npy", _q));
        archive[NpzBytes.DirectoryAt(archive) - 3] ^= 1;
        Refused.Because(archive, 0, "checksum", "as the archive says");
    }

    [Fact]
    public void A_member_shorter_or_longer_than_it_claims_is_refused()
    {
        byte[] archive = NpzBytes.Of(CompressionLevel.Optimal, ("q.npy", _q));
        Refused.Because(NpzBytes.Lying(archive, NpzBytes.LengthAt, 95), 94, "the end of the member", "1 more bytes");
        Refused.Because(NpzBytes.Lying(archive, NpzBytes.LengthAt, 93), 0, "checksum", "as the archive says");
    }

    [Fact]
    public void A_size_that_deflate_cannot_reach_is_refused_before_memory_is_taken()
    {
        byte[] archive = NpzBytes.Of(CompressionLevel.Optimal, ("q.npy", _q));
        Refused.Because(NpzBytes.Lying(archive, NpzBytes.LengthAt, 2_000_000_000), 0, "claim to unfold to 2000000000", "an honest size");
    }

    [Fact]
    public void An_archive_that_unfolds_beyond_the_limit_is_refused()
    {
        byte[] zeros = Of("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000,)}", 0);
        byte[] member = [.. zeros, .. new byte[4_000_000]];
        using TemporaryFile bytes = new(NpzBytes.Of(CompressionLevel.SmallestSize, ("q.npy", member), ("k.npy", member)));

        Assert.True(new FileInfo(bytes.Path).Length < 20_000);
        TensorFormatException refusal = Assert.Throws<TensorFormatException>(() => TensorFile.Open(bytes.Path, 5_000_000));
        Assert.Contains($"{member.Length} bytes in 'k.npy' after {member.Length} bytes", refusal.Message, StringComparison.Ordinal);
        using TensorFile allowed = TensorFile.Open(bytes.Path, 9_000_000);
        Assert.Equal(2, allowed.Entries.Count);
    }

    [Fact]
    public void An_encrypted_member_is_refused()
    {
        byte[] archive = NpzBytes.Of(CompressionLevel.NoCompression, ("q.npy", _q));
        archive[NpzBytes.DirectoryAt(archive) + 8] |= 1;
        Refused.Because(archive, 0, "the encrypted member 'q.npy'", "without a password");
    }

    [Fact]
    public void A_cut_archive_is_refused()
    {
        byte[] archive = NpzBytes.Of(CompressionLevel.Optimal, ("q.npy", _q));
        Refused.Because(archive[..^10], 0, "a damaged zip archive", "numpy.savez");
        Refused.Because([.. archive[..40], .. archive[60..]], 0, "a damaged zip archive", "numpy.savez");
    }
}
