using System.Buffers;
using System.IO.Pipelines;
using System.Threading.RateLimiting;
using AttentionCluster.Core;
using AttentionCluster.Core.Formats;
using Microsoft.AspNetCore.Http;

namespace AttentionCluster.Server.Http.Bodies;

/// <summary>The beginning of a safetensors body, read before its tensors are taken.</summary>
/// <param name="Bytes">As they arrived: the header's length and the header.</param>
/// <param name="File">What they promise.</param>
internal sealed record BodyHeader(byte[] Bytes, SafetensorsPrefix File)
{
    /// <summary>What a body is called in messages.</summary>
    internal const string Origin = "the body";

    /// <summary>Reads no more than the header.</summary>
    /// <returns>The header, or null with the reason.</returns>
    /// <exception cref="BadHttpRequestException">The sender broke the rules of HTTP, or was too slow.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    internal static async Task<(BodyHeader? Header, Refusal? Refusal)> ReadAsync(
        PipeReader body, int headerBytesMax, HeaderRoom room, CancellationToken cancellationToken)
    {
        try
        {
            byte[] start = new byte[SafetensorsPrefix.LengthBytes];
            int read = await FillAsync(body, start, cancellationToken).ConfigureAwait(false);
            if (read < start.Length)
                return (null, TooShort(read, $"{start.Length} bytes that say how long the header is"));
            int length = SafetensorsPrefix.HeaderLength(start, Origin, headerBytesMax);
            using RateLimitLease lease = room.Take(length);
            if (!lease.IsAcquired)
                return (null, new Refusal(ErrorCode.TooManyUploads, $"the header of the body has {length} bytes, and this node receives as "
                    + "many of that size as it takes at one time; try again a little later"));
            byte[] bytes = new byte[start.Length + length];
            start.CopyTo(bytes, 0);
            read += await FillAsync(body, bytes.AsMemory(start.Length), cancellationToken).ConfigureAwait(false);
            return read < bytes.Length
                ? (null, TooShort(read, $"a header that ends at byte {bytes.Length}"))
                : (new BodyHeader(bytes, SafetensorsPrefix.Parse(bytes.AsSpan(start.Length), Origin)), null);
        }
        catch (TensorFormatException problem)
        {
            return (null, new Refusal(ErrorCode.MalformedBody, $"{problem.Message}; send a safetensors file"));
        }
        catch (IOException problem) when (problem is not BadHttpRequestException)
        {
            return (null, BodyStream.NotReadable(problem));
        }
    }

    internal static Refusal TooShort(long length, string wanted) =>
        new(ErrorCode.BodyTooShort, $"{Origin} ends after {length} bytes; wanted {wanted}");

    internal static Refusal TooLong(string found, long length) =>
        new(ErrorCode.BodyTooLong, $"{Origin} has {found}; its safetensors header says that it ends at byte {length}");

    /// <summary>Takes bytes as they come, until there are enough or the body ends.</summary>
    private static async ValueTask<int> FillAsync(PipeReader body, Memory<byte> destination, CancellationToken cancellationToken)
    {
        int filled = 0;
        while (filled < destination.Length)
        {
            ReadResult read = await body.ReadAsync(cancellationToken).ConfigureAwait(false);
            ReadOnlySequence<byte> taken = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, destination.Length - filled));
            taken.CopyTo(destination.Span[filled..]);
            filled += (int)taken.Length;
            body.AdvanceTo(taken.End);
            if (read.IsCompleted && filled < destination.Length)
                break;
        }

        return filled;
    }
}
