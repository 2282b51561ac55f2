namespace AttentionCluster.EndToEnd.Tests.Running;

/// <summary>
/// One causal job on files from elsewhere, computed once for all tests of its collection, each of which works on a copy.
/// </summary>
[CollectionDefinition(Collection)]
public sealed class ComputedJob : ICollectionFixture<ComputedJob>, IDisposable
{
    public const string Collection = "computed job";

    public const int QueryRows = 37;
    public const int Keys = 29;
    public const int ValueWidth = 8;

    private static readonly string[] s_files = ["q.npy", "k.npy", "v.npy", "out.safetensors", "out.npy"];

    private readonly TemporaryFolder _folder = new();
    private readonly Lazy<bool> _computed;

    public ComputedJob() => _computed = new Lazy<bool>(Compute);

    /// <summary>The options that name the inputs.</summary>
    internal static string[] Inputs => ["--q", "q.npy", "--k", "k.npy", "--v", "v.npy"];

    /// <summary>Puts inputs, <c>out.safetensors</c> and <c>out.npy</c> into a folder.</summary>
    internal void CopyTo(TemporaryFolder folder)
    {
        PlainPython.Require();
        Assert.True(_computed.Value);
        foreach (string file in s_files)
            File.Copy(_folder.File(file), folder.File(file));
    }

    public void Dispose() => _folder.Dispose();

    private bool Compute()
    {
        PlainPython.Run(_folder, "write_npy.py", "q.npy", "f", "2", "4", $"{QueryRows}", "16");
        PlainPython.Run(_folder, "write_npy.py", "k.npy", "f", "2", "2", $"{Keys}", "16");
        PlainPython.Run(_folder, "write_npy.py", "v.npy", "f", "2", "2", $"{Keys}", $"{ValueWidth}");
        Attn.Run(_folder, ["attend", .. Inputs, "--causal", "-o", "out.safetensors"]).Expect(0);
        Attn.Run(_folder, ["attend", .. Inputs, "--causal", "-o", "out.npy"]).Expect(0);
        return true;
    }
}
