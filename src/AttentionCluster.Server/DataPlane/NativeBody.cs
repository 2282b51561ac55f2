using System.Buffers;
using System.IO.Pipelines;
using AttentionCluster.Cluster.DataPlane.Http;
using AttentionCluster.Core.Tensors;
using Microsoft.AspNetCore.Http;

namespace AttentionCluster.Server.DataPlane;

/// <summary>Sends native memory.</summary>
internal static class NativeBody
{
    /// <summary>
    /// Bytes between two flushes, and what Kestrel holds of one answer at most before a writer waits. Its own pinned blocks are the only
    /// copy on the way to the socket. An eighth of it took half of the speed, by the switches between writer and sender.
    /// </summary>
    internal const int FlushedBytes = RowChunks.PieceBytes;

    /// <summary>
    /// Writes the beginning of a buffer; what is less than <see cref="FlushedBytes"/> waits for more, or for <see cref="FlushAsync"/>.
    /// </summary>
    /// <exception cref="OperationCanceledException">The receiver has gone, or was too slow.</exception>
    internal static async Task WriteAsync(HttpContext context, NativeBuffer bytes, long length)
    {
        PipeWriter body = context.Response.BodyWriter;
        for (long at = 0; at < length; at += FlushedBytes)
        {
            body.Write(bytes.Slice(at, (int)Math.Min(FlushedBytes, length - at)));
            if (body.UnflushedBytes >= FlushedBytes)
                await FlushAsync(context).ConfigureAwait(false);
        }
    }

    /// <summary>Sends what waits. An answer that has begun must end with this: Kestrel sends no rest by itself.</summary>
    /// <exception cref="OperationCanceledException">The receiver has gone, or was too slow.</exception>
    internal static async Task FlushAsync(HttpContext context)
    {
        FlushResult flushed = await context.Response.BodyWriter.FlushAsync(context.RequestAborted).ConfigureAwait(false);
        if (flushed.IsCompleted)
            throw new OperationCanceledException("the receiver has gone");
    }
}
