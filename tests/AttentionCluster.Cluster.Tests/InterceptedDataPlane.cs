using System.Collections.Concurrent;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Tests;

/// <summary>A data plane on which a test can listen, and which does what the test says before it pulls.</summary>
internal sealed class InterceptedDataPlane(IDataPlane inner) : IDataPlane
{
    private long _rowBytes;

    /// <summary>Called before rows of a tensor are pulled.</summary>
    internal Func<string, CancellationToken, Task> BeforeRows { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Called before a payload is pulled.</summary>
    internal Func<Claim, CancellationToken, Task> BeforePayload { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Called when a payload is published, before anybody knows its claim.</summary>
    internal Action AfterOffer { get; set; } = () => { };

    /// <summary>Names of the tensors of which rows were pulled.</summary>
    internal ConcurrentQueue<string> Pulled { get; } = new();

    /// <summary>Bytes of all rows that were pulled.</summary>
    internal long RowBytes => Interlocked.Read(ref _rowBytes);

    /// <summary>Payloads that are published, and neither pulled nor withdrawn.</summary>
    internal ConcurrentDictionary<Claim, NativeBuffer> Offered { get; } = new();

    public string Address => inner.Address;

    public async Task PullRowsAsync(TensorSource tensor, RowRange rows, RowSink sink, CancellationToken cancellationToken)
    {
        await BeforeRows(tensor.Id, cancellationToken);
        Pulled.Enqueue(tensor.Id);
        await inner.PullRowsAsync(
            tensor, rows,
            (first, bytes) =>
            {
                Interlocked.Add(ref _rowBytes, bytes.Length);
                sink(first, bytes);
            },
            cancellationToken);
    }

    public Task<ByteLease> ReserveAsync(long bytes, CancellationToken cancellationToken) => inner.ReserveAsync(bytes, cancellationToken);

    public bool IsPublished(Claim claim) => inner.IsPublished(claim);

    public Claim Publish(string job, NativeBuffer payload, ByteLease? room = null)
    {
        Claim claim = inner.Publish(job, payload, room);
        Offered[claim] = payload;
        AfterOffer();
        return claim;
    }

    public async Task PullAsync(Claim claim, NativeBuffer destination, CancellationToken cancellationToken)
    {
        await BeforePayload(claim, cancellationToken);
        await inner.PullAsync(claim, destination, cancellationToken);
        Forget();
    }

    public void Release(Claim claim)
    {
        inner.Release(claim);
        Forget();
    }

    public void ReleaseAll(string job)
    {
        inner.ReleaseAll(job);
        Forget();
    }

    private unsafe void Forget()
    {
        foreach ((Claim claim, NativeBuffer payload) in Offered)
        {
            if (Record.Exception(() => _ = payload.Pointer == null) is ObjectDisposedException)
                Offered.TryRemove(claim, out _);
        }
    }
}
