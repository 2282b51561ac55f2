using System.Buffers;
using System.Globalization;
using System.Net;
using AttentionCluster.Cluster;
using AttentionCluster.Cluster.Jobs.Verification;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Server.Http.Connections;
using AttentionCluster.Server.Http.Options;
using AttentionCluster.Server.Http.Protocol;
using AttentionCluster.Server.Jobs;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace AttentionCluster.Server.Http.Bodies;

/// <summary>
/// Takes a job from a request. The order keeps refusals cheap: the query and the headers, a look whether there is a place in the queue, the
/// body's header, the place, a look whether there is room in the store, and only then the tensors, straight to their file. A sender that
/// promises something and is silent holds a connection and nothing else.
/// </summary>
internal sealed class JobIntake(JobBoard board, NodeOptions node, JobsOptions limits) : IDisposable
{
    /// <summary>Inputs that are looked at at a time: what a look holds of documents and lengths is as large as the input's rows.</summary>
    private static readonly int s_looksMax = Math.Max(1, Environment.ProcessorCount / 4);

    private readonly HeaderRoom _headers = new();
    private readonly SemaphoreSlim _looks = new(s_looksMax, s_looksMax);

    /// <summary>How long the largest header takes at the slowest that is allowed.</summary>
    private TimeSpan HeaderTimeout => limits.UploadGracePeriod
        + TimeSpan.FromSeconds(Math.Min(limits.HeaderBytesMax / limits.UploadBytesPerSecondMin, TimeSpan.FromHours(1).TotalSeconds));

    /// <inheritdoc/>
    public void Dispose()
    {
        _headers.Dispose();
        _looks.Dispose();
    }

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
        IPAddress address = ClientAddress.Of(context.Connection.RemoteIpAddress);
        Admission? foreseen = board.Foresee(kind, key, address);
        if (foreseen is Admission.Refused early)
            return (null, early.Reason);
        (BodyHeader? header, refusal) = await ReadHeaderAsync(context).ConfigureAwait(false);
        if (refusal is not null)
            return (null, refusal);
        switch (foreseen ?? board.Admit(kind, key, address))
        {
            case Admission.Known known:
                return await RepeatAsync(context, header!, known.Job, options!).ConfigureAwait(false);
            case Admission.Taken taken:
                using (taken.Place)
                    return await ReceiveAsync(context, header!, taken.Place, options!).ConfigureAwait(false);
            case Admission.Refused refused:
                return (null, refused.Reason);
            default:
                throw new InvalidOperationException("unknown admission");
        }
    }

    /// <summary>While nothing but this is waited for, the connection counts as idle.</summary>
    private async Task<(BodyHeader? Header, Refusal? Refusal)> ReadHeaderAsync(HttpContext context)
    {
        using IDisposable? waits = context.Features.Get<PublicConnection>()?.Wait();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(HeaderTimeout);
        try
        {
            return await BodyHeader.ReadAsync(context.Request.BodyReader, limits.HeaderBytesMax, _headers, limit.Token)
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            return (null, new Refusal(ErrorCode.RequestTimeout,
                $"the header of the body did not arrive within {HeaderTimeout.TotalSeconds:0} seconds"));
        }
    }

    private async Task<(Job? Job, Refusal? Refusal)> ReceiveAsync(HttpContext context, BodyHeader header, JobPlace place,
        AttentionOptions options)
    {
        HttpRequest request = context.Request;
        Refusal? refusal = CheckLength(place.Kind, header.File.FileLength);
        refusal ??= CheckLengths(request.ContentLength, header.File.FileLength);
        PreparedJob? prepared = refusal is null ? PreparedJob.Create(header, options, node, out refusal) : null;
        refusal ??= place.Announce(prepared!.Size);
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
            BodyDigest? digest = place.IdempotencyKey is null ? null : new BodyDigest(header);
            refusal = await ReceiveAsync(context, header.Bytes, place, file, digest).ConfigureAwait(false) ?? place.EndUpload();
            if (refusal is not null)
                return (null, refusal);
            return await AcceptAsync(place, file, prepared!, digest?.Content, context.RequestAborted).ConfigureAwait(false);
        }
    }

    private static async Task<Refusal?> ReceiveAsync(HttpContext context, byte[] header, JobPlace place, ReceivedFile file,
        BodyDigest? digest)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, place.Displaced);
        try
        {
            return await BodyStream.ReceiveAsync(context.Request.BodyReader, header, place, file, digest, stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (place.IsDisplaced)
        {
            return JobBoard.GaveWay;
        }
    }

    /// <summary>Waits for the disk, and looks at numbers, which is not for a thread of the web server.</summary>
    private async Task<(Job? Job, Refusal? Refusal)> AcceptAsync(
        JobPlace place, ReceivedFile file, PreparedJob prepared, JobContent? content, CancellationToken cancellationToken)
    {
        AttentionOptions options = prepared.Fingerprint.Options.WithOutputFor(prepared.Tensors.Query.Type);
        bool isLookedAt = InputCheck.IsNeeded(prepared.Tensors.Auxiliary, options);
        (Job?, Refusal?) Accept()
        {
            file.Complete();
            Job? job = place.Enqueue(
                file, prepared.Tensors, prepared.Fingerprint, content,
                request => InputCheck.Find(request, prepared.Tensors.Shape, options, node.PlanningTimeout, cancellationToken),
                    out Refusal? refusal);
            return (job, refusal);
        }

        if (isLookedAt)
            await _looks.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return isLookedAt || place.Kind == JobKind.Stored ? await Task.Run(Accept, CancellationToken.None).ConfigureAwait(false)
                : Accept();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return (null, BodyStream.NotWritable(problem));
        }
        finally
        {
            if (isLookedAt)
                _looks.Release();
        }
    }

    /// <summary>
    /// The first request's job, when this one asks for the same. What can be told by the header is; the numbers are read, and not kept.
    /// </summary>
    private static async Task<(Job? Job, Refusal? Refusal)> RepeatAsync(HttpContext context, BodyHeader header, Job first,
        AttentionOptions options)
    {
        if (JobFingerprint.Of(options, header.File) != first.Fingerprint)
            return (null, Reused(first, "options or tensors"));
        if (CheckLengths(context.Request.ContentLength, header.File.FileLength) is { } wrong)
            return (null, wrong);
        var digest = new BodyDigest(header);
        digest.Append(new ReadOnlySequence<byte>(header.Bytes));
        Refusal? refusal = await BodyStream.DrainAsync(context.Request.BodyReader, header.File.FileLength, digest, context.RequestAborted)
            .ConfigureAwait(false);
        refusal ??= JobArchive.ContentOf(first.Record!).IsSameAs(digest.Content) ? null : Reused(first, "numbers in its tensors");
        return refusal is null ? (first, null) : (null, refusal);
    }

    private static Refusal Reused(Job first, string difference) => new(
        ErrorCode.IdempotencyKeyReused, $"the idempotency key {first.IdempotencyKey} was sent with other {difference} for job {first.Id}; "
            + "choose a new key for a new job");

    private Refusal? CheckLength(JobKind kind, long? length) => kind == JobKind.Call && length > limits.AttentionBytesMax
        ? new Refusal(ErrorCode.AttentionTooLarge, string.Create(
            CultureInfo.InvariantCulture, $"the body has {length} bytes, and a call takes at most {limits.AttentionBytesMax}; send it to "
                + $"{Routes.Jobs}"))
        : null;

    private static Refusal? CheckLengths(long? sent, long promised) =>
        sent is null || sent == promised ? null :
        sent < promised ? BodyHeader.TooShort(sent.Value,
            string.Create(CultureInfo.InvariantCulture, $"{promised}, as its safetensors header says")) :
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
