using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Tests.Store;

public sealed class TensorStoreTests : IDisposable
{
    private static readonly TensorShape Shape = new(1, 2, 3, 4);

    private readonly TemporaryFolder _folder = new();
    private readonly TensorStore _store;
    private readonly TensorFile _file;

    public TensorStoreTests()
    {
        _store = new TensorStore(Path.Combine(_folder.Path, "not", "there", "yet"));
        _file = TensorFiles.Write(Path.Combine(_folder.Path, "user.safetensors"), ElementType.Float16, Shape, seed: 1);
    }

    public static TheoryData<string> NoIds { get; } =
        ["", ".", "..", "../x", "a/b", "/etc/passwd", "a\\b", ".hidden", "a b", "a\0b", "ä", "C:", "a_b", new string('a', 129)];

    [Fact]
    public void The_folder_is_created() => Assert.True(Directory.Exists(_store.Directory));

    [Fact]
    public void An_imported_tensor_is_found_by_its_name_until_it_is_forgotten()
    {
        StoredTensor tensor = _store.Import("a-1.x", _file, _file.Entries[0], Shape);

        Assert.Same(tensor, _store.Find("a-1.x"));
        Assert.Null(_store.Find("A-1.X"));
        Assert.Equal(8, tensor.RowBytes);
        _store.Forget("a-1.x");
        _store.Forget("a-1.x");
        Assert.Null(_store.Find("a-1.x"));
    }

    [Fact]
    public void A_name_is_given_once()
    {
        StoredTensor first = _store.Import("a", _file, _file.Entries[0], Shape);

        Assert.Throws<ArgumentException>(() => _store.Import("a", _file, _file.Entries[0], Shape));
        Assert.Same(first, _store.Find("a"));
    }

    [Theory]
    [MemberData(nameof(NoIds))]
    public void A_name_that_could_lead_out_of_the_folder_is_refused(string id)
    {
        Assert.Throws<ArgumentException>(() => _store.Import(id, _file, _file.Entries[0], Shape));
        Assert.Throws<ArgumentException>(() => _store.Generate(id, "q", Shape, 1, default));
        Assert.Throws<ArgumentException>(() => _store.CreateResult(id, Plans.Grid(1, 1)));
        Assert.Empty(Directory.GetFileSystemEntries(_store.Directory));
    }

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(2, 3, 5, 7)]
    [InlineData(1, 2, 4099, 65)]    // more than one chunk, the last one not full
    public void A_generated_tensor_holds_the_standard_normal_numbers_of_its_seed_name_and_shape(int batch, int heads, int rows, int width)
    {
        var shape = new TensorShape(batch, heads, rows, width);
        StoredTensor tensor = _store.Generate("x", "k", shape, seed: 42, default);
        float[] expected = new float[shape.ElementCount];
        StandardNormal.Fill(42, "k", shape, 0, expected);

        byte[] actual = new byte[expected.Length * sizeof(float)];
        tensor.File.Read(tensor.Entry, 0, actual);

        Assert.Equal("k", tensor.Entry.Name);
        Assert.Equal(expected, System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(actual).ToArray());
        Assert.Equal(Path.Combine(_store.Directory, "x.safetensors"), tensor.File.Path);
    }

    [Fact]
    public void Generating_can_be_cancelled() => Assert.ThrowsAny<OperationCanceledException>(
        () => _store.Generate("x", "q", Shape, 1, new CancellationToken(canceled: true)));

    [Fact]
    public void A_tensor_contains_its_rows_and_no_others()
    {
        StoredTensor tensor = _store.Import("a", _file, _file.Entries[0], Shape);

        Assert.True(tensor.Contains(new RowRange(0, 1, 0, 3)));
        Assert.True(tensor.Contains(new RowRange(0, 1, 2, 1)));
        Assert.False(tensor.Contains(new RowRange(0, 1, 1, 3)));
        Assert.False(tensor.Contains(new RowRange(0, 2, 0, 1)));
        Assert.False(tensor.Contains(new RowRange(1, 0, 0, 1)));
        Assert.False(tensor.Contains(new RowRange(0, 0, 0, 0)));
        Assert.False(tensor.Contains(new RowRange(0, 0, int.MaxValue, int.MaxValue)));
    }

    [Fact]
    public void Disposing_closes_what_it_generated_and_leaves_the_users_file_open()
    {
        StoredTensor own = _store.Generate("own", "q", Shape, 1, default);
        StoredTensor users = _store.Import("users", _file, _file.Entries[0], Shape);
        byte[] bytes = new byte[4];

        _store.Dispose();

        Assert.Throws<ObjectDisposedException>(() => own.File.Read(own.Entry, 0, bytes));
        users.File.Read(users.Entry, 0, bytes);
    }

    public void Dispose()
    {
        _store.Dispose();
        _file.Dispose();
        _folder.Dispose();
    }
}
