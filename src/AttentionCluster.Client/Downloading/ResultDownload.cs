using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using AttentionCluster.Client.Transport;
using AttentionCluster.Core;

namespace AttentionCluster.Client.Downloading;

/// <summary>
/// Brings one result into a stream. After a broken connection it goes on where it stopped, provided that the file is still the same; at
/// the end the SHA-256 of all that arrived must be the file's ETag.
/// </summary>
internal sealed class ResultDownload(Calls calls, string path, Stream destination)
{
    private const int ChunkBytes = 1 << 18;

    private readonly long _start = destination.CanSeek ? destination.Position : 0;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private EntityTagHeaderValue? _tag;
    private long _done;

    /// <summary>Downloads to the end.</summary>
    /// <returns>Bytes of the file.</returns>
    public async Task<long> RunAsync(CancellationToken cancellationToken)
    {
        using IncrementalHash hash = _hash;
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            for (int breaks = 0; ;)
            {
                long before = _done;
                Exception? broken = await GoOnAsync(chunk, cancellationToken).ConfigureAwait(false);
                if (broken is null)
                    break;

                // A file that changes again and again makes no progress either.
                breaks = _done > before ? 0 : breaks + 1;
                if (breaks > calls.Options.RetriesMax || calls.Options.RetriesMax == 0)
                    throw calls.Lost(broken);
                await calls.PauseAsync(breaks, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }

        // A buffered stream may still have the last bytes, and its owner may read the file before it is closed.
        await destination.FlushAsync(cancellationToken).ConfigureAwait(false);
        return Verify();
    }

    /// <summary>One connection's part.</summary>
    /// <returns>What broke it off; null at the end of the file.</returns>
    private async Task<Exception?> GoOnAsync(byte[] chunk, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = calls.Request(HttpMethod.Get, path);
        if (_done > 0)
        {
            request.Headers.Range = new RangeHeaderValue(_done, null);
            request.Headers.IfRange = new RangeConditionHeaderValue(_tag!);
        }

        using HttpResponseMessage answer = await calls
            .SendAsync(request, calls.Kind(repeatable: true, streamed: true), cancellationToken).ConfigureAwait(false);
        if (!IsContinuation(answer))
            Restart();
        _tag = answer.Headers.ETag;
        using var body = new SilenceGuard(
            await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), calls.Options.SilenceTimeout);
        while (true)
        {
            int count;
            try
            {
                count = await body.ReadAsync(chunk, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception broken) when (broken is IOException or HttpRequestException)
            {
                return broken;
            }

            if (count == 0)
                return null;
            await destination.WriteAsync(chunk.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            _hash.AppendData(chunk, 0, count);
            _done += count;
        }
    }

    private bool IsContinuation(HttpResponseMessage answer) =>
        _done == 0
        || (answer.StatusCode == HttpStatusCode.PartialContent
            && answer.Content.Headers.ContentRange?.From == _done
            && _tag!.Equals(answer.Headers.ETag));

    private void Restart()
    {
        if (!destination.CanSeek)
            throw new AttentionClientException(ErrorCode.ResultChanged,
                $"{path} became another file while it was downloaded; download it again");
        destination.SetLength(_start);
        destination.Position = _start;
        _ = _hash.GetHashAndReset();
        _done = 0;
    }

    private long Verify()
    {
        string tag = _tag is { IsWeak: false } ? _tag.Tag.Trim('"') : "";
        if (tag.Length != 2 * SHA256.HashSizeInBytes)
            throw calls.Malformed($"a result whose ETag is {_tag?.ToString() ?? "absent"} instead of its SHA-256");
        string found = Convert.ToHexStringLower(_hash.GetHashAndReset());
        if (!found.Equals(tag, StringComparison.OrdinalIgnoreCase))
            throw new AttentionClientException(ErrorCode.ResultDamaged,
                $"{path} arrived with SHA-256 {found} instead of {tag}; download it again");
        return _done;
    }
}
