using System.Buffers;
using System.IO.Pipelines;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Server.Jobs;
using Microsoft.AspNetCore.Http;

namespace AttentionCluster.Server.Http.Bodies;

/// <summary>The tensors of a body on their way to the disk: from the server's own pooled blocks, with no copy in between.</summary>
internal static class BodyStream
{
    /// <summary>
    /// Bytes that are waited for before they are written: Kestrel receives blocks of 4 KiB, and a system call for each would cost more than
    /// the copy. It holds 1 MiB at most of one body.
    /// </summary>
    private const int ChunkBytes = 256 << 10;

    /// <summary>Writes the body to a file to its end, which must be where the header said.</summary>
    /// <returns>Null, or what was wrong.</returns>
    /// <exception cref="BadHttpRequestException">The sender broke the rules of HTTP, or was too slow.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    internal static async Task<Refusal?> ReceiveAsync(PipeReader body, byte[] header, JobPlace place, ReceivedFile file, CancellationToken cancellationToken)
    {
        if (Append(place, file, new ReadOnlySequence<byte>(header)) is { } refusal)
            return refusal;
        while (true)
        {
            int wanted = (int)Math.Clamp(file.Length - file.Received, 1, ChunkBytes);
            ReadResult read;
            try
            {
                read = await body.ReadAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (IOException broken) when (broken is not BadHttpRequestException)
            {
                return NotReadable(broken);
            }

            place.Reach(file.Received + read.Buffer.Length);
            if (read.Buffer.Length < wanted && !read.IsCompleted)
            {
                body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }

            Refusal? problem = Append(place, file, read.Buffer);
            body.AdvanceTo(read.Buffer.End);
            if (problem is not null)
                return problem;
            if (read.IsCompleted)
                break;
        }

        return file.Received == file.Length ? null : BodyHeader.TooShort(file.Received, $"{file.Length}, as its safetensors header says");
    }

    /// <summary>Reads what is left of a body, and keeps nothing: a sender that sends on does not listen for the answer.</summary>
    internal static async Task DrainAsync(PipeReader body, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult read = await body.ReadAsync(cancellationToken).ConfigureAwait(false);
            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return;
        }
    }

    /// <summary>The sender has gone, which nobody reads any more, or has sent what no chunk is.</summary>
    internal static Refusal NotReadable(IOException problem) => new("bad-request", $"the body can't be read: {problem.Message}");

    internal static Refusal NotWritable(Exception problem) => StoreRefusal.Of(problem, "the body");

    private static Refusal? Append(JobPlace place, ReceivedFile file, in ReadOnlySequence<byte> bytes)
    {
        if (bytes.Length > file.Length - file.Received)
            return BodyHeader.TooLong("more bytes", file.Length);
        if (!bytes.IsEmpty && place.TakeArrived(bytes.Length) is { } noRoom)
            return noRoom;
        try
        {
            file.Append(bytes);
            return null;
        }
        catch (IOException problem)
        {
            return NotWritable(problem);
        }
    }
}
