using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Formats;

public class TensorFileTests
{
    [Fact]
    public void An_empty_file_is_refused() =>
        Refused.Because([], 0, "an empty file", "an npy, npz or safetensors file");

    [Fact]
    public void A_text_file_is_refused_with_what_can_be_read() =>
        Refused.Because("hello, world"u8.ToArray(), 0, "the bytes 68656C6C6F2C2077", "an npy file, a zip archive, or a safetensors header");

    [Fact]
    public void A_missing_file_keeps_its_own_error_and_is_named()
    {
        using TemporaryFile there = new([]);
        string missing = there.Path + ".npy";
        FileNotFoundException error = Assert.Throws<FileNotFoundException>(() => TensorFile.Open(missing));
        Assert.Contains(missing, error.Message, StringComparison.Ordinal);
        Assert.Throws<DirectoryNotFoundException>(() => TensorFile.Open(Path.Combine(missing, "x")));
        Assert.Throws<UnauthorizedAccessException>(() => TensorFile.Open(Path.GetDirectoryName(missing)!));
    }

    [Fact]
    public void The_content_decides_the_format_and_not_the_name()
    {
        using TemporaryFile bytes = new(NpyBytes.Of(NpyBytes.TwoByThree, 24), "q.safetensors");
        using TensorFile file = TensorFile.Open(bytes.Path);
        Assert.Equal((FileFormat.Npy, "q"), (file.Format, file.Entries[0].Name));
    }

    [Fact]
    public void A_tensor_of_the_wrong_type_or_name_is_refused_by_name()
    {
        string header = $"{{{SafetensorsBytes.Tensor("q", "I64", "1", 0, 8)},{SafetensorsBytes.Tensor("k", "F32", "1", 8, 12)},{SafetensorsBytes.Tensor("u", "U64", "1", 12, 20)}}}";
        using TemporaryFile bytes = new(SafetensorsBytes.Of(header, 20));
        using TensorFile file = TensorFile.Open(bytes.Path);

        Assert.Equal("k", file.Require("k").Name);
        Assert.Contains("found tensor 'q' of type I64; wanted F32, F16, BF16 or F64", Refusal("q"), StringComparison.Ordinal);
        Assert.Contains("found tensor 'u' of type U64; wanted F32, F16, BF16 or F64", Refusal("u"), StringComparison.Ordinal);
        Assert.Contains("found the tensors q, k, u; wanted one named 'v'", Refusal("v"), StringComparison.Ordinal);

        string Refusal(string name) => Assert.Throws<TensorFormatException>(() => file.Require(name)).Message;
    }

    [Fact]
    public void A_read_outside_of_its_tensor_is_refused()
    {
        using TemporaryFile bytes = new(NpyBytes.Of(NpyBytes.TwoByThree, 24));
        using TensorFile file = TensorFile.Open(bytes.Path);
        TensorEntry entry = file.Entries[0];
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Read(entry, -1, new byte[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Read(entry, 20, new byte[5]));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Read(entry, long.MaxValue, new byte[5]));
        file.Read(entry, 24, []);
    }

    [Fact]
    public void A_file_that_shrank_while_open_is_refused()
    {
        byte[] npy = NpyBytes.Of(NpyBytes.TwoByThree, 24);
        using TemporaryFile bytes = new(npy);
        using TensorFile file = TensorFile.Open(bytes.Path);
        Shrink(bytes.Path, npy.Length - 4);

        TensorFormatException refusal = Assert.Throws<TensorFormatException>(() => file.Read(file.Entries[0], 0, new byte[24]));
        Assert.EndsWith($"at byte {npy.Length - 4}: found the end of the file; wanted 4 more bytes", refusal.Message,
            StringComparison.Ordinal);
        Assert.Throws<TensorFormatException>(() => file.Bytes(file.Entries[0]).ToNative());
        Assert.True(file.IsShortened);
    }

    [Fact]
    public unsafe void Bytes_are_a_copy_that_no_change_of_the_file_can_reach()
    {
        const long large = 16L << 20;
        string header = $"{{{SafetensorsBytes.Tensor("k", "F32", "3", 0, 12)},{SafetensorsBytes.Tensor("q", "F16", $"{large / 2}", 12, 12 + large)}}}";
        byte[] content = [.. SafetensorsBytes.Of(header, 12), .. new byte[large]];
        content[^1] = 7;
        using TemporaryFile bytes = new(content);
        using TensorFile file = TensorFile.Open(bytes.Path);
        using NativeBuffer copy = file.Bytes(file.Require("q")).ToNative();

        Shrink(bytes.Path, 100);

        Assert.Equal((large, 0, 7), (copy.ByteLength, copy.Pointer[0], copy.Pointer[large - 1]));
        Assert.True(file.IsShortened);
        Assert.Throws<TensorFormatException>(() => file.Bytes(file.Require("q")).ToNative());
    }

    [Fact]
    public void Threads_read_one_file_at_once()
    {
        using TemporaryFile bytes = new(NpyBytes.Of("{'descr': '<f4', 'fortran_order': False, 'shape': (64,)}", 256));
        using TensorFile file = TensorFile.Open(bytes.Path);
        Parallel.For(0, 1_000, i =>
        {
            byte[] two = new byte[2];
            file.Read(file.Entries[0], i % 255, two);
            Assert.Equal(two[0] + 1 & 255, two[1]);
        });
    }

    /// <summary>Sharing everything, a writer asks for no lock, and gets past that of the open file.</summary>
    private static void Shrink(string path, long length)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        stream.SetLength(length);
    }
}
