using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Tests.DataPlane;

/// <summary>What every data plane must keep; the payloads are in <c>DataPlaneContract.Payloads.cs</c>.</summary>
public abstract partial class DataPlaneContract : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<IDisposable> _opened = [];

    /// <summary>Ends over a store in an empty folder.</summary>
    private protected abstract Task<DataPlaneUnderTest> CreateAsync(string directory, int chunkBytes);

    public static TheoryData<int, int, int> RowsWidthAndChunk { get; } = new()
    {
        { 1, 1, 4096 },     // less than a chunk
        { 17, 3, 24 },      // two rows a chunk, one left over
        { 16, 4, 16 },      // exactly one row a chunk
        { 5, 33, 64 },      // a row is larger than a chunk
        { 9, 1, 1 },        // a chunk is smaller than an element
        { 1000, 7, 4096 },  // odd sizes, several chunks
    };

    [Theory]
    [MemberData(nameof(RowsWidthAndChunk))]
    public async Task Rows_arrive_in_order_whole_and_unchanged(int rows, int width, int chunkBytes)
    {
        await using DataPlaneUnderTest plane = await OpenAsync(chunkBytes);
        byte[] data = Import(plane, new TensorShape(2, 3, rows, width));
        var range = new RowRange(1, 2, rows / 3, rows - (rows / 3));
        var received = new List<byte>();

        await plane.Destination.PullRowsAsync(plane.Tensor("t", width), range, (first, bytes) =>
        {
            Assert.Equal(received.Count, first * width * sizeof(float));
            Assert.NotEqual(0, bytes.Length);
            Assert.Equal(0, bytes.Length % (width * sizeof(float)));
            received.AddRange(bytes);
        }, CancellationToken.None);

        int start = ((5 * rows) + range.FirstRow) * width * sizeof(float);
        Assert.Equal(data[start..], received);
    }

    [Theory]
    [InlineData(-1, 0, 0, 1)]
    [InlineData(2, 0, 0, 1)]
    [InlineData(0, -1, 0, 1)]
    [InlineData(0, 3, 0, 1)]
    [InlineData(0, 0, -1, 1)]
    [InlineData(0, 0, 10, 1)]
    [InlineData(0, 0, 5, 6)]
    [InlineData(0, 0, 0, 0)]
    [InlineData(0, 0, 0, -1)]
    [InlineData(0, 0, int.MaxValue, 1)]
    [InlineData(0, 0, 1, int.MaxValue)]
    public async Task Rows_that_the_tensor_lacks_are_an_error(int batch, int head, int firstRow, int rows)
    {
        await using DataPlaneUnderTest plane = await OpenAsync(64);
        Import(plane, new TensorShape(2, 3, 10, 4));

        await Assert.ThrowsAsync<DataPlaneException>(() => plane.Destination.PullRowsAsync(
            plane.Tensor("t", 4), new RowRange(batch, head, firstRow, rows), (_, _) => Assert.Fail("no row was expected"),
                CancellationToken.None));
    }

    [Fact]
    public async Task An_unknown_tensor_is_an_error()
    {
        await using DataPlaneUnderTest plane = await OpenAsync(64);
        Import(plane, new TensorShape(1, 1, 1, 4));
        plane.Store.Forget("t");

        await Assert.ThrowsAsync<DataPlaneException>(() => plane.Destination.PullRowsAsync(
            plane.Tensor("t", 4), new RowRange(0, 0, 0, 1), (_, _) => Assert.Fail("no row was expected"), CancellationToken.None));
    }

    [Theory]
    [InlineData("../t")]
    [InlineData("../../etc/passwd")]
    [InlineData("..%2F..%2Fetc%2Fpasswd")]
    [InlineData("/etc/passwd")]
    [InlineData(".")]
    [InlineData("")]
    [InlineData("t?rows=1")]
    [InlineData("t.safetensors")]
    public async Task A_name_leads_nowhere_but_to_tensors_of_the_store(string id)
    {
        await using DataPlaneUnderTest plane = await OpenAsync(64);
        Import(plane, new TensorShape(1, 1, 1, 4));

        await Assert.ThrowsAsync<DataPlaneException>(() => plane.Destination.PullRowsAsync(
            plane.Tensor(id, 4), new RowRange(0, 0, 0, 1), (_, _) => Assert.Fail("no row was expected"), CancellationToken.None));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public async Task Rows_of_another_width_than_expected_are_an_error(int expected)
    {
        await using DataPlaneUnderTest plane = await OpenAsync(64);
        Import(plane, new TensorShape(1, 1, 60, 4));

        await Assert.ThrowsAsync<DataPlaneException>(() => plane.Destination.PullRowsAsync(
            plane.Tensor("t", expected), new RowRange(0, 0, 0, 30), (_, _) => Assert.Fail("no row was expected"), CancellationToken.None));
    }

    [Fact]
    public async Task A_file_that_was_cut_short_is_an_error()
    {
        await using DataPlaneUnderTest plane = await OpenAsync(64);
        Import(plane, new TensorShape(1, 1, 100, 4));
        using (FileStream file = File.Open(Path.Combine(_folder.Path, "t.safetensors"), FileMode.Open, FileAccess.Write,
            FileShare.ReadWrite))
            file.SetLength(file.Length - 1);

        await Assert.ThrowsAsync<DataPlaneException>(() => plane.Destination.PullRowsAsync(
            plane.Tensor("t", 4), new RowRange(0, 0, 0, 100), (_, _) => { }, CancellationToken.None));
    }

    [Fact]
    public async Task Cancelling_stops_between_chunks()
    {
        await using DataPlaneUnderTest plane = await OpenAsync(16);
        Import(plane, new TensorShape(1, 1, 1000, 4));
        using var cancellation = new CancellationTokenSource();
        int chunks = 0;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => plane.Destination.PullRowsAsync(
            plane.Tensor("t", 4), new RowRange(0, 0, 0, 1000),
            (_, _) =>
            {
                chunks++;
                cancellation.Cancel();
            },
            cancellation.Token));
        Assert.Equal(1, chunks);
    }

    [Fact]
    public async Task What_the_receiver_of_rows_throws_reaches_the_caller()
    {
        await using DataPlaneUnderTest plane = await OpenAsync(16);
        Import(plane, new TensorShape(1, 1, 10, 4));

        await Assert.ThrowsAsync<InvalidCastException>(() => plane.Destination.PullRowsAsync(
            plane.Tensor("t", 4), new RowRange(0, 0, 0, 10), (_, _) => throw new InvalidCastException(), CancellationToken.None));
    }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        foreach (IDisposable opened in _opened)
            opened.Dispose();
        _folder.Dispose();
    }

    private Task<DataPlaneUnderTest> OpenAsync(int chunkBytes) => CreateAsync(_folder.Path, chunkBytes);

    /// <summary>A tensor called t, in the store under the same name.</summary>
    private byte[] Import(DataPlaneUnderTest plane, TensorShape shape)
    {
        byte[] data = new byte[shape.ElementCount * sizeof(float)];
        new Random(1).NextBytes(data);
        TensorFile file = TensorFiles.Write(Path.Combine(_folder.Path, "t.safetensors"), ElementType.Float32, shape, data);
        _opened.Add(file);
        plane.Store.Import("t", file, file.Entries[0], shape);
        return data;
    }
}
