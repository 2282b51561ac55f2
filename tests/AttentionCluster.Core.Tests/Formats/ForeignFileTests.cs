using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Formats;

/// <summary>Files that other programs wrote, byte for byte.</summary>
public class ForeignFileTests
{
    /// <summary>
    /// Python: <c>zipfile.ZipFile(f, "w", zipfile.ZIP_DEFLATED).writestr("q.npy", npy)</c>, where npy holds 1.5 and -2.0 as
    /// <c>&lt;f4</c> behind a header of 118 bytes.
    /// </summary>
    private const string PythonNpz =
        "UEsDBBQAAAAIAAAAIVj9z6UITQAAAIgAAAAFAAAAcS5ucHmb7BfqGxDJyFDGUK2eklqcXKRupaBuk2airqOgnpZfVFKUmBef"
        + "X5SSChJ3S8wpTgWKF2ckFqQC+RqGOgpGmjoKtQpkAy4GhgP2DEACAFBLAQIUAxQAAAAIAAAAIVj9z6UITQAAAIgAAAAFAAAA"
        + "AAAAAAAAAACAAQAAAABxLm5weVBLBQYAAAAAAQABADMAAABwAAAAAAA=";

    /// <summary>
    /// Python: <c>struct.pack("&lt;Q", len(h)) + h + struct.pack("&lt;2f", 1.5, -2.0)</c> with <c>h = json.dumps({..}).encode()</c>,
    /// whose separators have spaces.
    /// </summary>
    private const string PythonSafetensors =
        "YgAAAAAAAAB7Il9fbWV0YWRhdGFfXyI6IHsiZm9ybWF0IjogInB0In0sICJxIjogeyJkdHlwZSI6ICJGMzIiLCAic2hhcGUi"
        + "OiBbMSwgMl0sICJkYXRhX29mZnNldHMiOiBbMCwgOF19fQAAwD8AAADA";

    [Fact]
    public void An_archive_by_Python_is_read() => Holds(PythonNpz, FileFormat.Npz);

    [Fact]
    public void Safetensors_by_Python_are_read() => Holds(PythonSafetensors, FileFormat.Safetensors);

    private static unsafe void Holds(string base64, FileFormat format)
    {
        using TemporaryFile bytes = new(Convert.FromBase64String(base64));
        using TensorFile file = TensorFile.Open(bytes.Path);
        Assert.Equal(format, file.Format);
        using NativeBuffer copy = file.Bytes(file.Require("q")).ToNative();
        Assert.Equal([1.5f, -2f], new ReadOnlySpan<float>(copy.Pointer, 2));
    }
}
