using AttentionCluster.Cluster.DataPlane;
using Microsoft.AspNetCore.Http;

namespace AttentionCluster.Server.DataPlane;

/// <summary>Hands out what this node offers.</summary>
internal static class PayloadEndpoints
{
    /// <summary>The bytes; 404 when there are none, 409 while another reads them.</summary>
    internal static async Task GetAsync(HttpContext context, ulong id, string node, PublishedPayloads published)
    {
        PublishedRead? read = null;
        bool isBusy = false;
        if (node != published.Node || !published.TryRead(id, out read, out isBusy))
        {
            await Refusals.WriteAsync(
                context, isBusy ? StatusCodes.Status409Conflict : StatusCodes.Status404NotFound,
                isBusy ? $"payload {id} is being pulled by another"
                    : $"nothing is offered under {id}: pulled before, withdrawn, or let go at a limit").ConfigureAwait(false);
            return;
        }

        using (read)
        {
            context.Response.ContentLength = read.Bytes.ByteLength;
            await NativeBody.WriteAsync(context, read.Bytes, read.Bytes.ByteLength).ConfigureAwait(false);
            await NativeBody.FlushAsync(context).ConfigureAwait(false);
        }
    }

    /// <summary>Frees them; 404 when there were none.</summary>
    internal static IResult Delete(ulong id, string node, PublishedPayloads published) =>
        node == published.Node && published.Release(id) ? TypedResults.NoContent() : TypedResults.NotFound();
}
