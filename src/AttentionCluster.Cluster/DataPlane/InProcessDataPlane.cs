using System.Buffers;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.DataPlane;

/// <summary>The data plane of a node that is its own cluster: reads the store's files, and copies within the process.</summary>
internal sealed class InProcessDataPlane(TensorStore store, PublishedPayloads published, int chunkBytes) : IDataPlane
{
    /// <inheritdoc/>
    public string Address => "";

    /// <inheritdoc/>
    public Task PullRowsAsync(TensorSource tensor, RowRange rows, RowSink sink, CancellationToken cancellationToken)
    {
        StoredTensor stored = store.Find(tensor.Id)
            ?? throw new DataPlaneException($"the store has no tensor {tensor.Id}");
        if (!stored.Contains(rows))
            throw new DataPlaneException($"{rows} is not within {tensor.Id} {stored.Shape}");
        if (stored.RowBytes != tensor.RowBytes)
            throw new DataPlaneException($"a row of {tensor.Id} takes {stored.RowBytes} bytes, and {tensor.RowBytes} were expected");
        return Task.Run(() => Read(stored, rows, sink, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ByteLease> ReserveAsync(long bytes, CancellationToken cancellationToken) =>
        published.ReserveAsync(bytes, cancellationToken);

    /// <inheritdoc/>
    public Claim Publish(string job, NativeBuffer payload, ByteLease? room = null) => published.Add(job, payload, Address, room);

    /// <inheritdoc/>
    public bool IsPublished(Claim claim) => claim.Node == published.Node && published.IsPublished(claim.Id);

    /// <inheritdoc/>
    public Task PullAsync(Claim claim, NativeBuffer destination, CancellationToken cancellationToken)
    {
        PublishedRead? read = null;
        bool isBusy = false;
        if (claim.Node != published.Node || !published.TryRead(claim.Id, out read, out isBusy))
        {
            throw new DataPlaneException(isBusy
                ? $"the bytes that node {claim.Node} offers under {claim.Id} are being pulled by another"
                : $"node {claim.Node} offers no bytes under {claim.Id}: pulled before, withdrawn, or let go at a limit");
        }

        using (read)
        {
            NativeBuffer payload = read.Bytes;
            if (payload.ByteLength != destination.ByteLength)
                throw new DataPlaneException($"claim {claim.Id} stands for {payload.ByteLength} bytes, and {destination.ByteLength} were "
                    + "expected");
            cancellationToken.ThrowIfCancellationRequested();
            destination.Exchange(payload);
            published.Release(claim.Id);
        }

        if (Checksum.Of(destination) != claim.Checksum)
            throw new DataPlaneException(
                $"the bytes of claim {claim.Id} from node {claim.Node} don't have the checksum that they left with");
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Release(Claim claim)
    {
        if (claim.Node == published.Node)
            published.Release(claim.Id);
    }

    /// <inheritdoc/>
    public void ReleaseAll(string job) => published.ReleaseAll(job);

    private void Read(StoredTensor tensor, RowRange rows, RowSink sink, CancellationToken cancellationToken)
    {
        int rowBytes = rows.BytesOf(tensor.RowBytes);
        int rowsAtOnce = Math.Clamp(chunkBytes / rowBytes, 1, rows.Rows);
        byte[] chunk = ArrayPool<byte>.Shared.Rent(rowsAtOnce * rowBytes);
        try
        {
            for (int row = 0; row < rows.Rows; row += rowsAtOnce)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Span<byte> bytes = chunk.AsSpan(0, Math.Min(rowsAtOnce, rows.Rows - row) * rowBytes);
                tensor.ReadRows(rows, row, bytes);
                sink(row, bytes);
            }
        }
        catch (IOException e)
        {
            throw new DataPlaneException($"rows of {tensor.Id} can't be read: {e.Message}", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }
}
