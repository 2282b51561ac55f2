using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Client.Tests;

/// <summary>Results are joined without a server.</summary>
public sealed class MergeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Results_are_joined_into_a_file()
    {
        Write("a", ("o", [2, 3]), ("lse", [2]));
        Write("b", ("o", [2, 3]), ("lse", [2]));

        await AttentionClient.MergeResultsAsync([_folder.File("a"), _folder.File("b")], _folder.File("joined"));

        using TensorFile joined = TensorFile.Open(_folder.File("joined"));
        byte[] lse = new byte[2 * sizeof(float)];
        joined.Read(joined.Require("lse"), 0, lse);
        Assert.Equal((float)Math.Log(2), BitConverter.ToSingle(lse), 1e-6f);
        Assert.Equal([2L, 3L], joined.Require("o").Dimensions.AsEnumerable());
    }

    [Theory]
    [InlineData("b", "tensor-missing")]
    [InlineData("c", "shapes-do-not-fit")]
    [InlineData("a", "wrong-input")]
    public async Task What_cannot_be_joined_is_an_error_with_a_code(string second, string code)
    {
        Write("a", ("o", [2, 3]), ("lse", [2]));
        Write("b", ("o", [2, 3]));
        Write("c", ("o", [3, 3]), ("lse", [3]));

        AttentionClientException problem = await Assert.ThrowsAsync<AttentionClientException>(
            () => AttentionClient.MergeResultsAsync([_folder.File("a"), _folder.File(second)], _folder.File("joined")));

        Assert.Equal(code, problem.Code);
        Assert.False(File.Exists(_folder.File("joined")));
    }

    [Fact]
    public async Task A_result_is_not_written_over_its_own_part()
    {
        Write("a", ("o", [2, 3]), ("lse", [2]));
        Write("b", ("o", [2, 3]), ("lse", [2]));

        AttentionClientException problem = await Assert.ThrowsAsync<AttentionClientException>(
            () => AttentionClient.MergeResultsAsync([_folder.File("a"), _folder.File("b")], _folder.File("b")));

        Assert.Equal("output-not-writable", problem.Code);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Zeros: each part has weight 1.</summary>
    private void Write(string name, params (string Name, long[] Dimensions)[] tensors)
    {
        SafetensorsLayout layout = SafetensorsHeader.Build([.. tensors.Select(tensor => (tensor.Name, ElementType.Float32, tensor.Dimensions))]);
        File.WriteAllBytes(_folder.File(name), [.. layout.Header, .. new byte[layout.FileLength - layout.Header.Length]]);
    }
}
