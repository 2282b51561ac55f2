using System.Runtime.CompilerServices;
using AttentionCluster.Client.Downloading;
using AttentionCluster.Client.Submitting;
using AttentionCluster.Client.Transport;
using AttentionCluster.Client.Watching;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Client;

/// <summary>
/// A client of an AttentionCluster server. Every call may be made from any thread, can be cancelled, and is repeated by itself after a
/// passing failure when that is safe. Whatever else goes wrong is an <see cref="AttentionClientException"/>.
/// </summary>
public sealed class AttentionClient : IDisposable
{
    private readonly HttpClient? _owned;
    private readonly Calls _calls;

    /// <summary>A client of the server at an address.</summary>
    /// <param name="server">Such as <c>http://127.0.0.1:8080</c>.</param>
    /// <param name="token">The secret that the server asks for; null for a server that asks for none.</param>
    /// <exception cref="ArgumentException">The address is none of HTTP.</exception>
    public AttentionClient(Uri server, string? token = null)
        : this(new AttentionClientOptions { Server = server, Token = token })
    {
    }

    /// <summary>A client with connections and retries of its own.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public AttentionClient(AttentionClientOptions options)
    {
        options.ThrowIfInvalid();
        _owned = Connection.Open(options);
        _calls = new Calls(_owned, options);
    }

    /// <summary>
    /// A client over connections of someone else, who disposes them, and decides on retries and
    /// <see cref="AttentionClientOptions.OtherServers"/>: see
    /// <see cref="AttentionClientRegistration.AddAttentionClient"/>. A <see cref="HttpClient.Timeout"/> of theirs cuts off uploads that
    /// take longer.
    /// </summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public AttentionClient(HttpClient http, AttentionClientOptions options)
    {
        options.ThrowIfInvalid();
        _calls = new Calls(http, options);
    }

    /// <summary>Sends a job, in any size, and returns when the server has accepted it.</summary>
    /// <param name="tensors"><c>q</c>, <c>k</c> and <c>v</c>.</param>
    /// <param name="options">What to compute; null for the defaults.</param>
    /// <param name="idempotencyKey">The same key, the same job, however often it is sent; null for a new one.</param>
    /// <param name="sent">Told the bytes sent so far; may be null.</param>
    /// <param name="cancellationToken">Stops the upload. A job that was accepted in that moment goes on.</param>
    /// <returns>The job's id.</returns>
    /// <exception cref="AttentionClientException">Refused, failed or unreachable.</exception>
    /// <exception cref="ArgumentException">Two tensors have one name, or one has no name or no possible shape.</exception>
    public async Task<string> SubmitAsync(
        IEnumerable<TensorInput> tensors,
        AttentionOptions? options = null,
        string? idempotencyKey = null,
        IProgress<long>? sent = null,
        CancellationToken cancellationToken = default)
    {
        using HttpRequestMessage request = Upload("v1/jobs", tensors, options, sent);
        request.Headers.Add("Idempotency-Key", idempotencyKey ?? Guid.NewGuid().ToString());
        using HttpResponseMessage answer = await _calls
            .SendAsync(request, _calls.Kind(repeatable: true), cancellationToken).ConfigureAwait(false);
        return (await _calls.ReadAsync(answer, ApiJson.Default.AcceptedDocument, cancellationToken).ConfigureAwait(false)).Id;
    }

    /// <summary>Computes a small job in one call. The server decides what is small; it may take as long as it needs.</summary>
    /// <param name="tensors"><c>q</c>, <c>k</c> and <c>v</c>.</param>
    /// <param name="destination">Takes the result, a safetensors file with <c>o</c> and <c>lse</c>. After an exception it may hold a part
    /// of it.</param>
    /// <param name="options">What to compute; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the call, and with it the job.</param>
    /// <returns>The report.</returns>
    /// <exception cref="AttentionClientException">Refused, failed or unreachable.</exception>
    /// <exception cref="ArgumentException">Two tensors have one name, or one has no name or no possible shape.</exception>
    public async Task<JobReport> AttendAsync(
        IEnumerable<TensorInput> tensors,
        Stream destination,
        AttentionOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        using HttpRequestMessage request = Upload("v1/attention", tensors, options, sent: null);

        // It leaves nothing on the server, so that to repeat it costs time and no more.
        var kind = new CallKind(Repeatable: true, Streamed: true, _calls.Options.SilenceTimeout, AnswerTimeout: Timeout.InfiniteTimeSpan);
        using HttpResponseMessage answer = await _calls.SendAsync(request, kind, cancellationToken).ConfigureAwait(false);
        return await OneCallResult.ReadAsync(_calls, answer, destination, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A job as it is now.</summary>
    /// <exception cref="AttentionClientException">There is none of that id, or the server is unreachable.</exception>
    public Task<JobDocument> GetJobAsync(string id, CancellationToken cancellationToken = default) =>
        _calls.GetAsync(PathOf(id), ApiJson.Default.JobDocument, cancellationToken);

    /// <summary>All jobs that the server knows.</summary>
    /// <exception cref="AttentionClientException">Refused, failed or unreachable.</exception>
    public async Task<IReadOnlyList<JobDocument>> ListJobsAsync(CancellationToken cancellationToken = default) =>
        (await _calls.GetAsync("v1/jobs", ApiJson.Default.JobListDocument, cancellationToken).ConfigureAwait(false)).Jobs;

    /// <summary>
    /// Follows a job: as it is now, and each time the server says something new of it. The last one has ended. Broken connections are taken
    /// up again.
    /// </summary>
    /// <exception cref="AttentionClientException">There is no such job, or the server stays unreachable.</exception>
    public async IAsyncEnumerable<JobDocument> WatchAsync(string id, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (JobDocument job in new JobEvents(_calls, PathOf(id)).RunAsync(cancellationToken).ConfigureAwait(false))
            yield return job;
    }

    /// <summary>Waits until a job has succeeded, failed or been cancelled. To stop waiting does not cancel the job.</summary>
    /// <param name="id">The job's id.</param>
    /// <param name="progress">Told what the server says on the way; may be null.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The ended job.</returns>
    /// <exception cref="AttentionClientException">There is no such job, or the server stays unreachable.</exception>
    public async Task<JobDocument> WaitAsync(string id, IProgress<JobDocument>? progress = null,
        CancellationToken cancellationToken = default)
    {
        JobDocument? last = null;
        await foreach (JobDocument job in WatchAsync(id, cancellationToken).ConfigureAwait(false))
        {
            last = job;
            progress?.Report(job);
        }

        return last!;
    }

    /// <summary>Downloads the result of a job into a stream, and checks its SHA-256.</summary>
    /// <param name="id">The job's id.</param>
    /// <param name="destination">
    /// Takes the result, a safetensors file with <c>o</c> and <c>lse</c>, from where it stands. A stream that can seek is rewound to there
    /// when the result changes on the way. After an exception it holds a part of the result, or a wrong one.
    /// </param>
    /// <param name="cancellationToken">Stops the download.</param>
    /// <returns>Bytes of the result.</returns>
    /// <exception cref="AttentionClientException">There is no result, it did not arrive whole, or the server stays unreachable.</exception>
    public Task<long> DownloadResultAsync(string id, Stream destination, CancellationToken cancellationToken = default) =>
        new ResultDownload(_calls, PathOf(id) + "/result", destination).RunAsync(cancellationToken);

    /// <summary>
    /// Downloads the result of a job into a file, and checks its SHA-256. The file is there whole or not at all; one that was there before
    /// is replaced.
    /// </summary>
    /// <returns>Bytes of the result.</returns>
    /// <exception cref="AttentionClientException">There is no result, it did not arrive whole, or the server stays unreachable.</exception>
    /// <exception cref="IOException">The file can't be written.</exception>
    public async Task<long> DownloadResultAsync(string id, string path, CancellationToken cancellationToken = default)
    {
        string unfinished = $"{path}.{Path.GetRandomFileName()}";
        try
        {
            long bytes;
            var file = new FileStream(unfinished, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
            await using (file.ConfigureAwait(false))
                bytes = await DownloadResultAsync(id, file, cancellationToken).ConfigureAwait(false);
            File.Move(unfinished, path, overwrite: true);
            return bytes;
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    /// <summary>Ends a job that has not ended yet; its state will be <c>cancelled</c>. A job that has ended stays as it is.</summary>
    /// <returns>Whether there was something to end.</returns>
    /// <exception cref="AttentionClientException">There is no such job, or the server stays unreachable.</exception>
    public Task<bool> CancelAsync(string id, CancellationToken cancellationToken = default) =>
        new Cancellation(_calls, PathOf(id)).RunAsync(cancellationToken);

    /// <summary>Removes a job that has ended, with its result; ends one that has not.</summary>
    /// <returns>False when the server knows no such job, maybe because an earlier attempt of this call removed it.</returns>
    /// <exception cref="AttentionClientException">Refused, failed or unreachable.</exception>
    public Task<bool> DeleteAsync(string id, CancellationToken cancellationToken = default) =>
        Cancellation.DeleteAsync(_calls, PathOf(id), repeatable: true, cancellationToken);

    /// <summary>The server's cluster.</summary>
    /// <exception cref="AttentionClientException">Refused, failed or unreachable.</exception>
    public Task<ClusterStatus> GetClusterAsync(CancellationToken cancellationToken = default) =>
        _calls.GetAsync("v1/cluster", ApiJson.Default.ClusterStatus, cancellationToken);

    /// <summary>
    /// Tells a worker of the server's cluster to leave: it finishes or gives back what it computes, leaves, and its process ends. Returns
    /// when it has been told; <see cref="GetClusterAsync"/> lists it until it has left.
    /// </summary>
    /// <param name="node">Its name.</param>
    /// <param name="cancellationToken">Stops waiting for the answer.</param>
    /// <exception cref="AttentionClientException">There is no such worker, or it or the server can't be reached.</exception>
    public async Task DrainAsync(string node, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(node);
        using HttpRequestMessage request = _calls.Request(HttpMethod.Post, $"v1/cluster/nodes/{Uri.EscapeDataString(node)}/drain");
        using HttpResponseMessage answer =
            await _calls.SendAsync(request, _calls.Kind(repeatable: true), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _owned?.Dispose();

    private HttpRequestMessage Upload(string path, IEnumerable<TensorInput> tensors, AttentionOptions? options, IProgress<long>? sent)
    {
        var content = new SafetensorsContent(tensors, sent);
        HttpRequestMessage request = _calls.Request(HttpMethod.Post, path + OptionQuery.Build(options ?? new AttentionOptions()));
        request.Content = content;

        // The server can refuse the options, the size or the token before the tensors are on their way.
        request.Headers.ExpectContinue = true;
        return request;
    }

    private static string PathOf(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return $"v1/jobs/{Uri.EscapeDataString(id)}";
    }
}
