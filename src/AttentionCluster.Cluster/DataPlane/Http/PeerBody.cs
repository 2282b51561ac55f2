using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.DataPlane.Http;

/// <summary>The bytes of an answer, on their way from a peer into native memory.</summary>
internal sealed class PeerBody(Peer peer, HttpResponseMessage response, Stream bytes, TransferGuard guard) : IDisposable
{
    private long _received;

    /// <summary>A header of the answer; null when it has none of that name.</summary>
    internal string? Header(string name) => response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.First() : null;

    /// <summary>Fills a part of a buffer.</summary>
    /// <exception cref="DataPlaneException">The peer broke off, or was too slow.</exception>
    internal async ValueTask ReadAsync(NativeBuffer destination, long offset, int length)
    {
        using var memory = new NativeBufferMemory(destination, offset, length);
        guard.Expect(length);
        try
        {
            // Awaited to its end even when it is cancelled: nothing may write into memory that its owner has freed.
            await bytes.ReadExactlyAsync(memory.Memory, guard.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (guard.IsLate)
        {
            throw new DataPlaneException($"{peer} was too slow: after {_received} of {response.Content.Headers.ContentLength} bytes the "
                + $"next {length} did not come in time")
            { IsTransient = true };
        }
        catch (IOException e)
        {
            throw new DataPlaneException($"{peer} broke off after {_received} of {response.Content.Headers.ContentLength} bytes: "
                + $"{e.Message}", e)
            { IsTransient = true };
        }

        guard.Rest();
        _received += length;
    }

    public void Dispose()
    {
        bytes.Dispose();
        response.Dispose();
    }
}
