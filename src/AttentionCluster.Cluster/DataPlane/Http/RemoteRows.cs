using System.Collections.Concurrent;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.DataPlane.Http;

/// <summary>Pulls rows from the nodes that have their tensor, chunk by chunk, and hands on what was checked.</summary>
internal sealed class RemoteRows(PeerClient peers, int chunkBytes)
{
    /// <summary>Nodes that could not be reached the last time; some few, since gateways are.</summary>
    private readonly ConcurrentDictionary<string, bool> _unreached = new(StringComparer.Ordinal);

    private long _bytesReceived;

    internal long BytesReceived => Interlocked.Read(ref _bytesReceived);

    /// <summary>
    /// Each node that has the tensor in turn, those first that have been reached; one goes on with the row at which another failed. A node that
    /// broke off in the middle is asked once more from there: if its rows are at fault, it then says so.
    /// </summary>
    internal async Task PullAsync(TensorSource tensor, RowRange rows, RowSink sink, CancellationToken cancellationToken)
    {
        if (!TensorStore.IsId(tensor.Id) || tensor.RowBytes < 1 || rows.Rows < 1 || !rows.FitsInto(tensor.RowBytes))
            throw new DataPlaneException($"{rows} of \"{tensor.Id}\", {tensor.RowBytes} bytes each, are no rows of a tensor");
        int pieceBytes = rows.BytesOf(tensor.RowBytes);
        int done = 0;
        var failures = new List<DataPlaneException>();
        var addresses = new Queue<string>(tensor.Addresses.OrderBy(_unreached.ContainsKey));
        while (addresses.TryPeek(out string? address))
        {
            int start = done;
            try
            {
                await PullFromAsync(
                    new Peer("", address), tensor, rows with { FirstRow = rows.FirstRow + start, Rows = rows.Rows - start },
                    (row, bytes) =>
                    {
                        sink(start + row, bytes);
                        done = start + row + (bytes.Length / pieceBytes);
                    },
                    cancellationToken).ConfigureAwait(false);
                _unreached.TryRemove(address, out _);
                return;
            }
            catch (DataPlaneException e)
            {
                if (done > start && e.IsTransient)
                    continue;
                if (e.IsTransient)
                    _unreached[address] = true;
                addresses.Dequeue();
                failures.Add(e);
            }
        }

        throw failures.Count == 1 ? failures[0] : new DataPlaneException(
            string.Join("; ", failures.Select(failure => failure.Message)), failures[^1])
        { IsTransient = failures.Exists(failure => failure.IsTransient) };
    }

    private async Task PullFromAsync(Peer peer, TensorSource tensor, RowRange rows, RowSink sink, CancellationToken cancellationToken)
    {
        var chunks = new RowChunks(rows.Rows, Math.Clamp(chunkBytes / rows.BytesOf(tensor.RowBytes), 1, rows.Rows), rows.BytesOf(tensor.RowBytes));
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
                throw new DataPlaneException($"rows of {tensor.Id} from {peer} don't bear the seal that they left with") { IsTransient = true };
            sink(row, chunk.Slice(0, bytes));
            Interlocked.Add(ref _bytesReceived, bytes);
        }
    }
}
