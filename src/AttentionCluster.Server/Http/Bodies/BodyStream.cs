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
    /// <param name="body">What is left of it.</param>
    /// <param name="header">What was read of it before.</param>
    /// <param name="place">Has the room that it takes.</param>
    /// <param name="file">Where it goes.</param>
    /// <param name="digest">Told of all bytes; null when nobody will ask for it.</param>
    /// <param name="cancellationToken">Breaks off.</param>
    /// <returns>Null, or what was wrong.</returns>
    /// <exception cref="BadHttpRequestException">The sender broke the rules of HTTP, or was too slow.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    internal static async Task<Refusal?> ReceiveAsync(
        PipeReader body, byte[] header, JobPlace place, ReceivedFile file, BodyDigest? digest, CancellationToken cancellationToken)
    {
        if (Append(place, file, digest, new ReadOnlySequence<byte>(header)) is { } refusal)
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

            Refusal? problem = Append(place, file, digest, read.Buffer);
            body.AdvanceTo(read.Buffer.End);
            if (problem is not null)
                return problem;
            if (read.IsCompleted)
                break;
        }

        return file.Received == file.Length ? null : BodyHeader.TooShort(file.Received, $"{file.Length}, as its safetensors header says");
    }

    /// <summary>
    /// Reads what is left of a body, and keeps nothing but its digest: a sender that sends on does not listen for the answer, and its
    /// numbers say whether it asks for the same.
    /// </summary>
    /// <param name="body">What is left of it.</param>
    /// <param name="length">Bytes of the whole body, as its header says.</param>
    /// <param name="digest">Has been told of the header.</param>
    /// <param name="cancellationToken">Breaks off.</param>
    /// <returns>Null, or what was wrong.</returns>
    /// <exception cref="BadHttpRequestException">The sender broke the rules of HTTP, or was too slow.</exception>
    internal static async Task<Refusal?> DrainAsync(PipeReader body, long length, BodyDigest digest, CancellationToken cancellationToken)
    {
        try
        {
            for (bool isCompleted = false; !isCompleted;)
            {
                ReadResult read = await body.ReadAsync(cancellationToken).ConfigureAwait(false);
                digest.Append(read.Buffer);
                body.AdvanceTo(read.Buffer.End);
                isCompleted = read.IsCompleted;
            }
        }
        catch (IOException broken) when (broken is not BadHttpRequestException)
        {
            return NotReadable(broken);
        }

        return digest.Received < length ? BodyHeader.TooShort(digest.Received, $"{length}, as its safetensors header says")
            : digest.Received > length ? BodyHeader.TooLong("more bytes", length)
            : null;
    }

    /// <summary>The sender has gone, which nobody reads any more, or has sent what no chunk is.</summary>
    internal static Refusal NotReadable(IOException problem) => new(ErrorCode.BadRequest, $"the body can't be read: {problem.Message}");

    internal static Refusal NotWritable(Exception problem) => StoreRefusal.Of(problem, "the body");

    private static Refusal? Append(JobPlace place, ReceivedFile file, BodyDigest? digest, in ReadOnlySequence<byte> bytes)
    {
        if (bytes.Length > file.Length - file.Received)
            return BodyHeader.TooLong("more bytes", file.Length);
        if (!bytes.IsEmpty && place.TakeArrived(bytes.Length) is { } noRoom)
            return noRoom;
        try
        {
            file.Append(bytes);
            digest?.Append(bytes);
            return null;
        }
        catch (IOException problem)
        {
            return NotWritable(problem);
        }
    }
}
