using System.Runtime.CompilerServices;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Partials;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Compute;

/// <summary>
/// A worker's way of one task: have the segment and the query block loaded, wait for room for the partial, compute it on a compute thread, and
/// offer it on the data plane. Knows no actor.
/// </summary>
internal sealed class TaskRunner(
    string node, IDataPlane dataPlane, ComputePool pool, MemoryShares shares, TimeProvider clock) : IDisposable
{
    private readonly LeasedCache<SegmentKey, PackedSegment> _segments = new(shares.Segments, keepUnused: true);
    private readonly LeasedCache<(string Job, int Block), NativeBuffer> _queries = new(shares.Queries, keepUnused: false);

    /// <summary>Packed segments that this node holds, in bytes.</summary>
    internal long SegmentBytes => _segments.Bytes;

    /// <summary>Computes one task.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; nothing is left behind.</exception>
    /// <exception cref="DataPlaneException">Rows could not be had.</exception>
    /// <exception cref="ComputeQueueFullException">The compute threads have too much to do already.</exception>
    internal async Task<TaskDone> RunAsync(ComputeTask task, CancellationToken cancellationToken)
    {
        long arrival = clock.GetTimestamp();
        var received = new StrongBox<long>();
        long bytes = PackedSegment.ByteLengthOf(
            task.Keys, task.Key.Width, task.Value.Width, TypeOf(task.Key), TypeOf(task.Value));
        using LeasedCache<SegmentKey, PackedSegment>.Lease segment = await _segments
            .AcquireAsync(task.Segment, bytes, token => LoadSegmentAsync(task, received, token), cancellationToken)
            .ConfigureAwait(false);
        using LeasedCache<(string Job, int Block), NativeBuffer>.Lease queries = await _queries
            .AcquireAsync((task.Job, task.Block), QueryBytes(task), token => LoadQueriesAsync(task, received, token), cancellationToken)
            .ConfigureAwait(false);
        using OfferRoom room = await dataPlane.ReserveAsync(PartialBytes(task), cancellationToken).ConfigureAwait(false);
        (Partial partial, long start, long end) = await pool
            .RunAsync(workspace => Compute(task, segment.Value, queries.Value, workspace, cancellationToken), cancellationToken)
            .ConfigureAwait(false);
        Claim claim = dataPlane.Offer(task.Job, partial.Buffer, room);
        return new TaskDone
        {
            Job = task.Job,
            Block = task.Block,
            Segment = task.Segment.Segment,
            Attempt = task.Attempt,
            Partial = claim.ToMessage(),
            WaitSeconds = clock.GetElapsedTime(arrival, start).TotalSeconds,
            KernelSeconds = clock.GetElapsedTime(start, end).TotalSeconds,
            Worker = node,
            WorkerThreads = pool.Threads,
            BytesReceived = received.Value,
        };
    }

    /// <summary>Lets the segments of a context go, each when its last task has ended.</summary>
    internal void Drop(string context) => _segments.DropAll(segment => segment.Context == context);

    /// <inheritdoc/>
    public void Dispose()
    {
        _segments.Dispose();
        _queries.Dispose();
    }

    private static ElementType TypeOf(TensorRef tensor) => (ElementType)tensor.ElementType;

    private static int GroupSize(ComputeTask task) => task.Query.Heads / task.Key.Heads;

    private static long QueryBytes(ComputeTask task) =>
        sizeof(float) * (long)GroupSize(task) * task.Rows * task.Query.Width;

    private static long PartialBytes(ComputeTask task) => Partial.ByteLength(GroupSize(task) * task.Rows, task.Value.Width);

    private unsafe (Partial Partial, long Start, long End) Compute(
        ComputeTask task, PackedSegment segment, NativeBuffer queries, Workspace workspace, CancellationToken cancellationToken)
    {
        var partial = new Partial(GroupSize(task) * task.Rows, task.Value.Width);
        try
        {
            var mask = new BandMask(task.MaskLower, task.MaskUpper);
            var kernelTask = new KernelTask(
                queries.Floats, GroupSize(task), task.FirstRow, task.Rows, task.Scale, mask, segment);
            long start = clock.GetTimestamp();
            KernelPaths.Create((KernelPath)task.KernelPath).Compute(kernelTask, workspace, partial, cancellationToken);
            return (partial, start, clock.GetTimestamp());
        }
        catch
        {
            partial.Dispose();
            throw;
        }
    }

    private async Task<PackedSegment> LoadSegmentAsync(ComputeTask task, StrongBox<long> received, CancellationToken cancellationToken)
    {
        var segment = new PackedSegment(
            task.FirstKey, task.Keys, task.Key.Width, task.Value.Width, TypeOf(task.Key), TypeOf(task.Value));
        try
        {
            var rows = new RowRange(task.Segment.Batch, task.Segment.KvHead, task.FirstKey, task.Keys);
            await dataPlane.PullRowsAsync(task.Key.ToSource(), rows, segment.PackKeys, cancellationToken).ConfigureAwait(false);
            await dataPlane.PullRowsAsync(task.Value.ToSource(), rows, segment.PackValues, cancellationToken).ConfigureAwait(false);
            received.Value += (long)task.Keys * (task.Key.ToSource().RowBytes + task.Value.ToSource().RowBytes);
            return segment;
        }
        catch
        {
            segment.Dispose();
            throw;
        }
    }

    private async Task<NativeBuffer> LoadQueriesAsync(ComputeTask task, StrongBox<long> received, CancellationToken cancellationToken)
    {
        var queries = new NativeBuffer(QueryBytes(task));
        try
        {
            for (int i = 0; i < GroupSize(task); i++)
            {
                long first = (long)i * task.Rows * task.Query.Width;
                int head = (task.Segment.KvHead * GroupSize(task)) + i;
                var rows = new RowRange(task.Segment.Batch, head, task.FirstRow, task.Rows);
                await dataPlane.PullRowsAsync(
                    task.Query.ToSource(), rows,
                    (row, bytes) => TypeOf(task.Query).ToSingle(
                        bytes, queries.FloatSpan(first + ((long)row * task.Query.Width), bytes.Length / TypeOf(task.Query).ByteSize())),
                    cancellationToken).ConfigureAwait(false);
            }

            received.Value += (long)GroupSize(task) * task.Rows * task.Query.ToSource().RowBytes;
            return queries;
        }
        catch
        {
            queries.Dispose();
            throw;
        }
    }
}
