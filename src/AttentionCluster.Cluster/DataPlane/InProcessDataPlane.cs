using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.DataPlane;

/// <summary>The data plane of a node that is its own cluster: reads the store's files, and copies within the process.</summary>
internal sealed class InProcessDataPlane(TensorStore store, string node, int chunkBytes) : IDataPlane, IDisposable
{
    private readonly OfferedBytes _offered = new(node);
    private long _bytesReceived;

    /// <inheritdoc/>
    public long BytesReceived => Interlocked.Read(ref _bytesReceived);

    /// <inheritdoc/>
    public Task PullRowsAsync(string tensorId, RowRange rows, RowSink sink, CancellationToken cancellationToken)
    {
        StoredTensor tensor = store.Find(tensorId)
            ?? throw new DataPlaneException($"the store has no tensor {tensorId}");
        if (!tensor.Contains(rows))
            throw new DataPlaneException($"{rows} is not within {tensorId} {tensor.Shape}");
        return Task.Run(() => Read(tensor, rows, sink, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Claim Offer(string job, NativeBuffer payload) => _offered.Add(job, payload);

    /// <inheritdoc/>
    public Task PullAsync(Claim claim, NativeBuffer destination, CancellationToken cancellationToken)
    {
        (string Job, NativeBuffer Bytes) offered = _offered.Take(claim)
            ?? throw new DataPlaneException($"node {claim.Node} offers no bytes under {claim.Id}: pulled before, or withdrawn");
        NativeBuffer payload = offered.Bytes;
        try
        {
            if (payload.ByteLength != destination.ByteLength)
                throw new DataPlaneException($"claim {claim.Id} stands for {payload.ByteLength} bytes, and {destination.ByteLength} were expected");
            for (long at = 0; at < payload.ByteLength; at += chunkBytes)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int length = (int)Math.Min(chunkBytes, payload.ByteLength - at);
                payload.Slice(at, length).CopyTo(destination.Slice(at, length));
            }
        }
        catch
        {
            _offered.PutBack(claim, offered);
            throw;
        }

        payload.Dispose();
        Interlocked.Add(ref _bytesReceived, destination.ByteLength);
        if (OfferedBytes.Checksum(destination) != claim.Checksum)
            throw new DataPlaneException($"the bytes of claim {claim.Id} from node {claim.Node} don't have the checksum that they left with");
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Withdraw(Claim claim) => _offered.Take(claim)?.Bytes.Dispose();

    /// <inheritdoc/>
    public void WithdrawAll(string job) => _offered.RemoveAll(job);

    /// <inheritdoc/>
    public void Dispose() => _offered.Dispose();

    private void Read(StoredTensor tensor, RowRange rows, RowSink sink, CancellationToken cancellationToken)
    {
        int rowBytes = tensor.RowBytes;
        int rowsAtOnce = Math.Clamp(chunkBytes / rowBytes, 1, rows.Rows);
        using var chunk = new NativeBuffer((long)rowsAtOnce * rowBytes);
        long first = tensor.Shape.RowOffset(rows.Batch, rows.Head, rows.FirstRow) / tensor.Shape.Width * rowBytes;
        for (int row = 0; row < rows.Rows; row += rowsAtOnce)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = Math.Min(rowsAtOnce, rows.Rows - row);
            Span<byte> bytes = chunk.Slice(0, count * rowBytes);
            try
            {
                tensor.File.Read(tensor.Entry, first + ((long)row * rowBytes), bytes);
            }
            catch (IOException e)
            {
                throw new DataPlaneException($"rows of {tensor.Id} can't be read: {e.Message}", e);
            }

            sink(row, bytes);
            Interlocked.Add(ref _bytesReceived, bytes.Length);
        }
    }
}
