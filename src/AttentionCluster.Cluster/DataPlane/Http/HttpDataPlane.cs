using System.IO.Hashing;
using AttentionCluster.Cluster.Identity;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.DataPlane.Http;

/// <summary>
/// The data plane of a node among others: what this node has itself it takes from itself, the rest it pulls over HTTP, straight into native
/// memory. What others pull from it, a server hands out.
/// </summary>
internal sealed class HttpDataPlane : IDataPlane, IDisposable
{
    private readonly InProcessDataPlane _local;
    private readonly PublishedPayloads _published;
    private readonly int _chunkBytes;
    private readonly PeerClient _peers;
    private readonly PayloadSeal _seal;
    private readonly RemoteRows _remoteRows;
    private readonly SemaphoreSlim _pulls;
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>A data plane that pulls; it offers nothing before <see cref="Announce"/>.</summary>
    /// <param name="store">What this node has itself.</param>
    /// <param name="published">What this node offers.</param>
    /// <param name="chunkBytes">Bytes that are read, checked and handed on at once.</param>
    /// <param name="options">Validated options.</param>
    /// <param name="clock">For timeouts.</param>
    public HttpDataPlane(TensorStore store, PublishedPayloads published, int chunkBytes, DataPlaneOptions options, TimeProvider clock)
    {
        (_published, _chunkBytes) = (published, chunkBytes);
        _local = new InProcessDataPlane(store, published, chunkBytes);
        _peers = new PeerClient(options, clock);
        _seal = new PayloadSeal(new ClusterKeys(options.Secret));
        _remoteRows = new RemoteRows(_peers, chunkBytes);
        _pulls = new SemaphoreSlim(options.PulledMax);
    }

    /// <inheritdoc/>
    public string Address { get; private set; } = "";

    /// <summary>Says where this node's server listens; once, before anything is published.</summary>
    public void Announce(string address) => Address = address;

    /// <inheritdoc/>
    public async Task PullRowsAsync(TensorSource tensor, RowRange rows, RowSink sink, CancellationToken cancellationToken)
    {
        if (tensor.Address.Length == 0 || tensor.Address == Address)
        {
            await _local.PullRowsAsync(tensor, rows, sink, cancellationToken).ConfigureAwait(false);
            return;
        }

        await _pulls.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _remoteRows.PullAsync(tensor, rows, sink, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _pulls.Release();
        }
    }

    /// <inheritdoc/>
    public Task<ByteLease> ReserveAsync(long bytes, CancellationToken cancellationToken) =>
        _published.ReserveAsync(bytes, cancellationToken);

    /// <inheritdoc/>
    public Claim Publish(string job, NativeBuffer payload, ByteLease? room = null)
    {
        if (Address.Length == 0)
            throw new InvalidOperationException("the data plane's server does not listen yet");
        string seal = _seal.Of(payload);
        return _published.Add(job, payload, Address, room) with { Seal = seal };
    }

    /// <inheritdoc/>
    public bool IsPublished(Claim claim) => _local.IsPublished(claim);

    /// <inheritdoc/>
    public async Task PullAsync(Claim claim, NativeBuffer destination, CancellationToken cancellationToken)
    {
        if (claim.Node == _published.Node)
        {
            await _local.PullAsync(claim, destination, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (claim.Bytes != destination.ByteLength)
            throw new DataPlaneException($"claim {claim.Id} stands for {claim.Bytes} bytes, and {destination.ByteLength} were expected");
        await _pulls.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ulong checksum = await ReadPayloadAsync(claim, destination, cancellationToken).ConfigureAwait(false);
            if (!await TakeAsync(claim).ConfigureAwait(false))
                throw new DataPlaneException($"node {claim.Node} offers no bytes under {claim.Id} any more: pulled by another, or "
                    + "withdrawn meanwhile");
            if (checksum != claim.Checksum)
                throw new DataPlaneException($"the bytes of claim {claim.Id} from {PeerOf(claim)} don't have the checksum that they left "
                    + "with")
                { IsTransient = true };
            if (claim.Seal is null || !_seal.IsRight(claim.Seal, destination))
                throw new DataPlaneException($"the bytes of claim {claim.Id} from {PeerOf(claim)} don't bear the seal of a node of this "
                    + "cluster: somebody has changed them")
                { IsTransient = true };
        }
        finally
        {
            _pulls.Release();
        }
    }

    /// <inheritdoc/>
    public void Release(Claim claim)
    {
        if (claim.Node == _published.Node)
            _published.Release(claim.Id);
        else
            _ = ReleaseAtPeerAsync(claim);
    }

    /// <inheritdoc/>
    public void ReleaseAll(string job) => _published.ReleaseAll(job);

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping.Cancel();
        _peers.Dispose();
    }

    private static Peer PeerOf(Claim claim) => new(claim.Node, claim.Address);

    /// <returns>The checksum of what has come.</returns>
    private async Task<ulong> ReadPayloadAsync(Claim claim, NativeBuffer destination, CancellationToken cancellationToken)
    {
        using TransferGuard guard = _peers.Guard(cancellationToken);
        using PeerBody body = await _peers
            .GetAsync(PeerOf(claim), DataPlaneRoutes.ToPayload(claim), destination.ByteLength, guard, AnswerSeals.NewRandom())
            .ConfigureAwait(false);
        var checksum = new XxHash3();
        for (long at = 0; at < destination.ByteLength; at += _chunkBytes)
        {
            int length = (int)Math.Min(_chunkBytes, destination.ByteLength - at);
            await body.ReadAsync(destination, at, length).ConfigureAwait(false);
            checksum.Append(destination.Slice(at, length));
        }

        return checksum.GetCurrentHashAsUInt64();
    }

    /// <summary>
    /// Frees at its source what has come, which makes it this caller's alone. A source that dies just now has freed it too.
    /// </summary>
    private async Task<bool> TakeAsync(Claim claim)
    {
        using TransferGuard guard = _peers.Guard(_stopping.Token);
        try
        {
            return await _peers.DeleteAsync(PeerOf(claim), DataPlaneRoutes.ToPayload(claim), guard).ConfigureAwait(false);
        }
        catch (DataPlaneException)
        {
            return true;
        }
    }

    private async Task ReleaseAtPeerAsync(Claim claim)
    {
        try
        {
            await _pulls.WaitAsync(_stopping.Token).ConfigureAwait(false);
            try
            {
                await TakeAsync(claim).ConfigureAwait(false);
            }
            finally
            {
                _pulls.Release();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // This node stops: the other one frees the payload at its limit of age.
        }
    }
}
