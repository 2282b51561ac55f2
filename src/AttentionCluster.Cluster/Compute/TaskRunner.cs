using System.Runtime.CompilerServices;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Kernels.Packing;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Partials;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Compute;

/// <summary>
/// A worker's way of one task: have the segment and the query block loaded, wait for room for the partial, compute it on a compute thread,
/// and publish it on the data plane. Knows no actor.
/// </summary>
internal sealed class TaskRunner(
    string node, IDataPlane dataPlane, ComputePool pool, MemoryShares shares, TimeProvider clock) : IDisposable
{
    /// <summary>A query block without its part of a mask is the same for all segments.</summary>
    private const int AnySegment = -1;

    private readonly LeasedCache<SegmentKey, PackedSegment> _segments = new(shares.Segments, keepUnused: true, keepSpares: true);
    private readonly LeasedCache<(string Job, int Block, int Segment), TaskInput> _inputs = new(shares.Queries, keepUnused: false);

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
            .AcquireAsync(task.Segment, bytes, (spare, token) => LoadSegmentAsync(task, spare, received, token), cancellationToken)
            .ConfigureAwait(false);
        AuxiliarySlice? slice = TaskInputs.SliceOf(task);
        using LeasedCache<(string Job, int Block, int Segment), TaskInput>.Lease input = await _inputs
            .AcquireAsync(
                (task.Job, task.Block, slice is null ? AnySegment : task.Segment.Segment),
                TaskInputs.QueryBytes(task) + (slice?.ByteLength ?? 0),
                (_, token) => new TaskInputs(dataPlane).LoadAsync(task, slice, received, token), cancellationToken)
            .ConfigureAwait(false);
        bool hasShift = KernelCatalog.TakesConstantsOff((BitFamily)task.Family, slice?.Auxiliary);
        int rows = TaskInputs.GroupSize(task) * task.Rows;
        using ByteLease room = await dataPlane
            .ReserveAsync(Partial.ByteLength(rows, task.Value.Width, hasShift), cancellationToken).ConfigureAwait(false);
        (Partial partial, long start, long end) = await pool
            .RunAsync(workspace => Compute(task, hasShift, segment.Value, input.Value, workspace, cancellationToken), cancellationToken)
            .ConfigureAwait(false);
        Claim claim = dataPlane.Publish(task.Job, partial.Buffer, room);
        return new TaskDone
        {
            Job = task.Job,
            Block = task.Block,
            Index = task.Segment.Segment,
            Attempt = task.Attempt,
            Partial = claim.ToMessage(),
            WaitSeconds = clock.GetElapsedTime(arrival, start).TotalSeconds,
            KernelSeconds = clock.GetElapsedTime(start, end).TotalSeconds,
            Worker = node,
            WorkerThreads = pool.Threads,
            BytesReceived = received.Value,
            KernelPath = (int)PathOf(task),
        };
    }

    /// <summary>Lets a segment go when its last task has ended.</summary>
    internal void Drop(SegmentKey segment) => _segments.Drop(segment);

    /// <summary>Lets the segments of a context go, each when its last task has ended.</summary>
    internal void Drop(string context) => _segments.DropAll(segment => segment.Context == context);

    /// <inheritdoc/>
    public void Dispose()
    {
        _segments.Dispose();
        _inputs.Dispose();
    }

    /// <summary>The path that the job names for tests, or the best of its family here.</summary>
    private static KernelPath PathOf(ComputeTask task) => task.KernelPath != 0 ? (KernelPath)task.KernelPath
        : ((BitFamily)task.Family).Best();

    private static ElementType TypeOf(TensorRef tensor) => (ElementType)tensor.ElementType;

    private unsafe (Partial Partial, long Start, long End) Compute(
        ComputeTask task, bool hasShift, PackedSegment segment, TaskInput input, Workspace workspace, CancellationToken cancellationToken)
    {
        var partial = Partial.OfUndefinedRows(TaskInputs.GroupSize(task) * task.Rows, task.Value.Width, hasShift);
        try
        {
            var kernelTask = new KernelTask(
                input.Queries.Floats, TaskInputs.GroupSize(task), task.FirstRow, task.Rows, task.Scale, input.Mask, segment, input.Bias);
            long start = clock.GetTimestamp();
            KernelPaths.Create(PathOf(task)).Compute(kernelTask, workspace, partial, cancellationToken);
            return (partial, start, clock.GetTimestamp());
        }
        catch
        {
            partial.Dispose();
            throw;
        }
    }

    private async Task<PackedSegment> LoadSegmentAsync(ComputeTask task, PackedSegment? spare, StrongBox<long> received,
        CancellationToken cancellationToken)
    {
        var segment = new PackedSegment(
            task.FirstKey, task.Keys, task.Key.Width, task.Value.Width, TypeOf(task.Key), TypeOf(task.Value),
            PathOf(task).PackedColumns(), spare);
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
}
