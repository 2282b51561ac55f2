using AttentionCluster.Core.Formats;

namespace AttentionCluster.Core.Tests.Formats;

/// <summary>Opens what must not open.</summary>
internal static class Refused
{
    /// <summary>Asserts the form of the message, and that what was found and wanted stand in it in this order.</summary>
    /// <returns>The refusal, for more.</returns>
    public static TensorFormatException Because(byte[] bytes, long at, string found, string wanted, string name = "x.bin")
    {
        using TemporaryFile file = new(bytes, name);
        TensorFormatException refusal = Assert.Throws<TensorFormatException>(() => TensorFile.Open(file.Path));
        Assert.StartsWith($"{refusal.Path}: at byte {at}: found ", refusal.Message, StringComparison.Ordinal);
        Assert.StartsWith(file.Path, refusal.Path, StringComparison.Ordinal);
        Assert.Equal(at, refusal.ByteOffset);
        string[] parts = refusal.Message[refusal.Path.Length..].Split("; wanted ", 2);
        Assert.Contains(found, parts[0], StringComparison.Ordinal);
        Assert.Contains(wanted, parts[1], StringComparison.Ordinal);
        return refusal;
    }
}
