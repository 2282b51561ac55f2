using System.Net;

namespace AttentionCluster.Server.Http.Connections;

/// <summary>
/// A connection to the public interface. It is idle while no request of it is being answered, or all that are wait for the first bytes of
/// their bodies: then it may be closed for another.
/// </summary>
/// <param name="address">Of the client.</param>
/// <param name="abort">Closes it.</param>
internal sealed class PublicConnection(IPAddress address, Action abort)
{
    /// <summary>So far below zero that no number of requests makes it positive.</summary>
    private const int Closed = int.MinValue / 2;

    private int _busy;
    private long _idleSince = Environment.TickCount64;

    /// <summary>See <see cref="ClientAddress"/>.</summary>
    internal IPAddress Address { get; } = ClientAddress.Of(address);

    /// <summary>Whether there was no place for it, so that it may ask for the node's health and for nothing else.</summary>
    internal bool IsForHealth { get; set; }

    internal bool IsIdle => Volatile.Read(ref _busy) == 0;

    /// <summary>Milliseconds of a clock that nobody sets.</summary>
    internal long IdleSince => Interlocked.Read(ref _idleSince);

    /// <summary>A request is being answered until the result is disposed.</summary>
    internal IDisposable Work()
    {
        Interlocked.Increment(ref _busy);
        return new Change(this, isBusyAfter: false);
    }

    /// <summary>A request that is being answered waits for its client until the result is disposed.</summary>
    internal IDisposable Wait()
    {
        Rest();
        return new Change(this, isBusyAfter: true);
    }

    /// <summary>Marks an idle connection as one to be closed.</summary>
    /// <returns>False when it is not idle any more.</returns>
    internal bool TryEvict() => Interlocked.CompareExchange(ref _busy, Closed, 0) == 0;

    /// <summary>Closes it.</summary>
    internal void Abort() => abort();

    private void Rest()
    {
        Interlocked.Exchange(ref _idleSince, Environment.TickCount64);
        Interlocked.Decrement(ref _busy);
    }

    private sealed class Change(PublicConnection connection, bool isBusyAfter) : IDisposable
    {
        private int _isDone;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isDone, 1) != 0)
                return;
            if (isBusyAfter)
                Interlocked.Increment(ref connection._busy);
            else
                connection.Rest();
        }
    }
}
