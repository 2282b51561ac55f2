using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.DataPlane.Http;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Tensors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace AttentionCluster.Server.DataPlane;

/// <summary>Streams rows of a stored tensor from its file.</summary>
internal static class RowsEndpoint
{
    internal static async Task GetAsync(
        HttpContext context, string id, int batch, int head, int first, int rows, int chunk, TensorStore store, AnswerSeals seals,
            int from = 0, int bytes = 0)
    {
        var range = new RowRange(batch, head, first, rows) { FirstByte = from, ByteCount = bytes };
        StoredTensor? tensor = TensorStore.IsId(id) ? store.Find(id) : null;
        (int Status, string Reason)? refusal =
            !TensorStore.IsId(id) ? (StatusCodes.Status400BadRequest, "that is no name of a tensor") :
            tensor is null ? (StatusCodes.Status404NotFound, $"the store has no tensor {id}") :
            !tensor.Contains(range) ? (StatusCodes.Status404NotFound, $"{range} is not within {id} {tensor.Shape}") :
            chunk < 1 || chunk > rows ? (StatusCodes.Status400BadRequest, $"{chunk} rows at once are out of range") :
            null;
        if (refusal is { } refused)
            await Refusals.WriteAsync(context, refused.Status, refused.Reason).ConfigureAwait(false);
        else
            await SendAsync(context, tensor!, range, new RowChunks(rows, chunk, range.BytesOf(tensor!.RowBytes)), seals)
                .ConfigureAwait(false);
    }

    /// <summary>In pieces of its own size: how large a chunk the receiver wants costs no memory here.</summary>
    private static async Task SendAsync(HttpContext context, StoredTensor tensor, RowRange rows, RowChunks chunks, AnswerSeals seals)
    {
        int rowsAtOnce = chunks.RowsOfPiece;
        using var piece = new NativeBuffer(((long)rowsAtOnce * chunks.RowBytes) + ByteSeal.Bytes);

        // A file that has become shorter is found out while there is still a way to say so: the last row goes with it.
        if (TryRead(tensor, rows, chunks.Rows - 1, piece.Slice(0, chunks.RowBytes)) is { } reason)
        {
            await Refusals.WriteAsync(context, StatusCodes.Status500InternalServerError, reason).ConfigureAwait(false);
            return;
        }

        string salt = AnswerSeals.NewRandom();
        using ByteSeal seal = seals.OfRows(
            context.Request.Headers[AnswerSeals.NonceHeader].ToString(), salt,
                context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        context.Response.Headers[AnswerSeals.SaltHeader] = salt;
        context.Response.ContentLength = chunks.TotalBytes;
        for (int row = 0; row < chunks.Rows;)
        {
            int count = Math.Min(rowsAtOnce, chunks.RowsLeft(row));
            int bytes = count * chunks.RowBytes;
            if (TryRead(tensor, rows, row, piece.Slice(0, bytes)) is not null)
            {
                // Rows that are on their way can't be followed by a reason: the connection breaks, which no receiver takes for an end.
                context.Abort();
                return;
            }

            row += count;
            seal.Append(piece.Slice(0, bytes));
            if (chunks.IsEnd(row))
            {
                // Of what is written behind the rows only the beginning goes with them.
                seal.End(piece.Slice(bytes, ByteSeal.Bytes));
                bytes += RowChunks.SealBytes;
            }

            await NativeBody.WriteAsync(context, piece, bytes).ConfigureAwait(false);
        }

        await NativeBody.FlushAsync(context).ConfigureAwait(false);
    }

    /// <returns>Why not; null when they were read.</returns>
    private static string? TryRead(StoredTensor tensor, RowRange rows, int row, Span<byte> destination)
    {
        try
        {
            tensor.ReadRows(rows, row, destination);
            return null;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return $"rows of {tensor.Id} can't be read: {e.Message}";
        }
    }
}
