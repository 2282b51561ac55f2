using System.Globalization;
using AttentionCluster.Cluster;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Server.Http.Options;
using AttentionCluster.Server.Jobs;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace AttentionCluster.Server.Http.Bodies;

/// <summary>
/// Takes a job from a request. The order keeps refusals cheap: the query and the headers, a place in the queue, the body's header, room
/// in the store, and only then the tensors, straight to their file.
/// </summary>
internal sealed class JobIntake(JobBoard board, NodeOptions node, AttentionApiOptions limits)
{
    /// <summary>Takes the job, or finds the one that an earlier request with the same idempotency key sent.</summary>
    /// <returns>The job, or null with the reason.</returns>
    /// <exception cref="Microsoft.AspNetCore.Http.BadHttpRequestException">The sender broke the rules of HTTP, or was too slow.</exception>
    internal async Task<(Job? Job, Refusal? Refusal)> TakeAsync(HttpContext context, JobKind kind)
    {
        string? key = null;
        AttentionOptions? options = QueryOptions.Parse(context.Request.Query, out Refusal? refusal);
        refusal ??= TensorMediaType.Check(context.Request);
        refusal ??= CheckLength(kind, context.Request.ContentLength);
        if (kind == JobKind.Stored)
            refusal ??= IdempotencyKey.Read(context.Request, out key);
        if (refusal is not null)
            return (null, refusal);

        LiftServerLimits(context);
        switch (board.Admit(kind, key))
        {
            case Admission.Known known:
                return await RepeatAsync(context, known.Job, options!).ConfigureAwait(false);
            case Admission.Taken taken:
                using (taken.Place)
                    return await ReceiveAsync(context, taken.Place, options!).ConfigureAwait(false);
            case Admission.Refused refused:
                return (null, refused.Reason);
            default:
                throw new InvalidOperationException("unknown admission");
        }
    }

    private async Task<(Job? Job, Refusal? Refusal)> ReceiveAsync(HttpContext context, JobPlace place, AttentionOptions options)
    {
        HttpRequest request = context.Request;
        (BodyHeader? header, Refusal? refusal) = await BodyHeader
            .ReadAsync(request.BodyReader, limits.HeaderBytesMax, context.RequestAborted).ConfigureAwait(false);
        refusal ??= CheckLength(place.Kind, header!.File.FileLength);
        refusal ??= CheckLengths(request.ContentLength, header!.File.FileLength);
        PreparedJob? prepared = refusal is null ? PreparedJob.Create(header!, options, node, out refusal) : null;
        refusal ??= place.TakeRoom(prepared!.Size);
        if (refusal is not null)
            return (null, refusal);

        ReceivedFile file;
        try
        {
            file = place.Receive();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return (null, BodyStream.NotWritable(problem));
        }

        using (file)
        {
            refusal = await BodyStream.ReceiveAsync(request.BodyReader, header!.Bytes, file, context.RequestAborted).ConfigureAwait(false);
            if (refusal is not null)
                return (null, refusal);
            return await AcceptAsync(place, file, prepared!).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for the disk, which is not for a thread of the web server.</summary>
    private static async Task<(Job? Job, Refusal? Refusal)> AcceptAsync(JobPlace place, ReceivedFile file, PreparedJob prepared)
    {
        try
        {
            if (place.Kind == JobKind.Stored)
                await Task.Run(file.Complete).ConfigureAwait(false);
            else
                file.Complete();
            return (place.Enqueue(file, prepared.Tensors, prepared.Fingerprint), null);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return (null, BodyStream.NotWritable(problem));
        }
    }

    /// <summary>The first request's job, when this one asks for the same. Its body is read, because its sender may not listen before it is, and not kept.</summary>
    private async Task<(Job? Job, Refusal? Refusal)> RepeatAsync(HttpContext context, Job first, AttentionOptions options)
    {
        (BodyHeader? header, Refusal? refusal) = await BodyHeader
            .ReadAsync(context.Request.BodyReader, limits.HeaderBytesMax, context.RequestAborted).ConfigureAwait(false);
        if (refusal is null && JobFingerprint.Of(options, header!.File) != first.Fingerprint)
        {
            refusal = new Refusal(
                "idempotency-key-reused", $"the idempotency key {first.IdempotencyKey} was sent with other options or tensors for job {first.Id}; choose a new key for a new job");
        }

        if (refusal is not null)
            return (null, refusal);
        await BodyStream.DrainAsync(context.Request.BodyReader, context.RequestAborted).ConfigureAwait(false);
        return (first, null);
    }

    private Refusal? CheckLength(JobKind kind, long? length) => kind == JobKind.Call && length > limits.AttentionBytesMax
        ? new Refusal("attention-too-large", string.Create(
            CultureInfo.InvariantCulture, $"the body has {length} bytes, and a call takes at most {limits.AttentionBytesMax}; send it to {Routes.Jobs}"))
        : null;

    private static Refusal? CheckLengths(long? sent, long promised) =>
        sent is null || sent == promised ? null :
        sent < promised ? BodyHeader.TooShort(sent.Value, string.Create(CultureInfo.InvariantCulture, $"{promised}, as its safetensors header says")) :
        BodyHeader.TooLong(string.Create(CultureInfo.InvariantCulture, $"{sent} bytes"), promised);

    /// <summary>Kestrel's limits are for pages and forms: a body may be of any size here, and must come faster.</summary>
    private void LiftServerLimits(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;

        // HTTP/2 has one rate for all streams of a connection, which is the server's to choose.
        if (HttpProtocol.IsHttp11(context.Request.Protocol) && context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = new MinDataRate(limits.UploadBytesPerSecondMin, limits.UploadGracePeriod);
    }
}
