using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.DataPlane.Http;

/// <summary>Pulls rows from the node that has their tensor, chunk by chunk, and hands on what was checked.</summary>
internal sealed class RemoteRows(PeerClient peers, int chunkBytes)
{
    /// <summary>
    /// Hands on all rows in order. A transfer that broke off after at least one chunk goes on with the first row that is missing: if the
    /// rows themselves are at fault, the node then says so.
    /// </summary>
    internal async Task PullAsync(TensorSource tensor, RowRange rows, RowSink sink, CancellationToken cancellationToken)
    {
        if (!TensorStore.IsId(tensor.Id) || tensor.RowBytes < 1 || rows.Rows < 1 || !rows.FitsInto(tensor.RowBytes))
            throw new DataPlaneException($"{rows} of \"{tensor.Id}\", {tensor.RowBytes} bytes each, are no rows of a tensor");
        int pieceBytes = rows.BytesOf(tensor.RowBytes);
        int done = 0;
        while (true)
        {
            int start = done;
            try
            {
                await PullFromAsync(
                    tensor, rows with { FirstRow = rows.FirstRow + start, Rows = rows.Rows - start },
                    (row, bytes) =>
                    {
                        sink(start + row, bytes);
                        done = start + row + (bytes.Length / pieceBytes);
                    },
                    cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (DataPlaneException e) when (done > start && e.IsTransient)
            {
                // The next turn asks for the rows from `done` on.
            }
        }
    }

    private async Task PullFromAsync(TensorSource tensor, RowRange rows, RowSink sink, CancellationToken cancellationToken)
    {
        var peer = new Peer("", tensor.Address);
        var chunks = new RowChunks(rows.Rows, Math.Clamp(chunkBytes / rows.BytesOf(tensor.RowBytes), 1, rows.Rows),
            rows.BytesOf(tensor.RowBytes));
        using TransferGuard guard = peers.Guard(cancellationToken);
        (string target, string nonce) = (DataPlaneRoutes.ToRows(tensor.Id, rows, chunks.RowsAtOnce), AnswerSeals.NewRandom());
        using PeerBody body = await peers.GetAsync(peer, target, chunks.TotalBytes, guard, nonce).ConfigureAwait(false);
        using ByteSeal seal = peers.Seals.OfRows(nonce, body.Header(AnswerSeals.SaltHeader) ?? "", target);
        using var chunk = new NativeBuffer(chunks.LargestBytes);
        for (int row = 0; row < rows.Rows; row += chunks.RowsAtOnce)
        {
            int bytes = chunks.RowsLeft(row) * chunks.RowBytes;
            await body.ReadAsync(chunk, 0, bytes + RowChunks.SealBytes).ConfigureAwait(false);
            if (!chunks.IsSealed(seal, chunk.Slice(0, bytes + RowChunks.SealBytes)))
                throw new DataPlaneException(
                    $"rows of {tensor.Id} from {peer} don't bear the seal that they left with")
                { IsTransient = true };
            sink(row, chunk.Slice(0, bytes));
        }
    }
}
