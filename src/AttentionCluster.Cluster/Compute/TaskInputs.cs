using System.Runtime.CompilerServices;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Compute;

/// <summary>Pulls what tasks need beside their segments.</summary>
internal sealed class TaskInputs(IDataPlane dataPlane)
{
    internal static int GroupSize(ComputeTask task) => task.Query.Heads / task.Key.Heads;

    internal static long QueryBytes(ComputeTask task) => sizeof(float) * (long)GroupSize(task) * task.Rows * task.Query.Width;

    /// <summary>The task's part of the tensors beside Q, K and V; null without any.</summary>
    internal static AuxiliarySlice? SliceOf(ComputeTask task)
    {
        if (task.Auxiliary.Count == 0 && !HasSlopes(task))
            return null;
        var tensors = new List<AuxiliaryTensor>(task.Auxiliary.Count + 1);
        foreach (AuxiliaryTensorRef reference in task.Auxiliary)
            tensors.Add(new AuxiliaryTensor(reference.Name, TypeOf(reference.Tensor), ShapeOf(reference.Tensor)));
        if (HasSlopes(task))
            tensors.Add(AuxiliaryLayout.SlopesOf(task.Query.Heads));
        return new AuxiliarySlice(
            AuxiliaryLayout.Of(tensors), GroupSize(task), task.FirstRow, task.Rows, task.FirstKey, task.Keys,
            (task.BlockRows, task.BlockKeys));
    }

    /// <summary>Pulls them.</summary>
    /// <param name="task">The task.</param>
    /// <param name="slice">From <see cref="SliceOf"/>.</param>
    /// <param name="received">Grows by the bytes that were pulled.</param>
    /// <param name="cancellationToken">Stops between chunks.</param>
    /// <exception cref="DataPlaneException">Rows could not be had.</exception>
    internal async Task<TaskInput> LoadAsync(
        ComputeTask task, AuxiliarySlice? slice, StrongBox<long> received, CancellationToken cancellationToken)
    {
        var queries = new NativeBuffer(QueryBytes(task));
        TaskTensors? auxiliary = slice is null ? null : new TaskTensors(slice);
        try
        {
            await LoadQueriesAsync(task, queries, received, cancellationToken).ConfigureAwait(false);
            if (auxiliary is not null)
                await LoadAuxiliaryAsync(task, slice!, auxiliary, received, cancellationToken).ConfigureAwait(false);
            var mask = new TaskMask
            {
                Band = new BandMask(task.MaskLower, task.MaskUpper),
                KeysEnd = task.KeysEnd,
                Sinks = task.Sinks,
                SinkUpper = task.SinkUpper,
                AroundPosition = new BandMask(task.AroundLower, task.AroundUpper),
                SinksFromPosition = task.SinksFromPosition,
            };
            if (task.PositionRows.Count > 0)
                auxiliary!.SetPositions(task.PositionRows, task.PositionOffsets);
            return new TaskInput(queries, auxiliary, mask, new ScoreModifier { Softcap = task.Softcap, Offset = task.Offset });
        }
        catch
        {
            queries.Dispose();
            auxiliary?.Dispose();
            throw;
        }
    }

    private async Task LoadQueriesAsync(
        ComputeTask task, NativeBuffer queries, StrongBox<long> received, CancellationToken cancellationToken)
    {
        // Heads that are wanted whole follow one another in the tensor: one transfer is enough for them.
        int heads = task.Rows == task.Query.Rows ? GroupSize(task) : 1;
        for (int i = 0; i < GroupSize(task); i += heads)
        {
            long first = (long)i * task.Rows * task.Query.Width;
            int head = (task.Segment.KvHead * GroupSize(task)) + i;
            await PullAsync(
                task.Query, new RowRange(task.Segment.Batch, head, task.FirstRow, heads * task.Rows),
                (row, bytes) => TypeOf(task.Query).ToSingle(
                    bytes, queries.FloatSpan(first + ((long)row * task.Query.Width), bytes.Length / TypeOf(task.Query).ByteSize())),
                received, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task LoadAuxiliaryAsync(
        ComputeTask task, AuxiliarySlice slice, TaskTensors auxiliary, StrongBox<long> received, CancellationToken cancellationToken)
    {
        if (task.AlibiSlopes.Count > 0)
            auxiliary.SetSlopes(task.AlibiSlopes.ToArray());
        else if (task.Alibi is not null)
            await LoadSlopesAsync(task, auxiliary, received, cancellationToken).ConfigureAwait(false);
        foreach (AuxiliaryTensorRef reference in task.Auxiliary)
        {
            AuxiliaryTensor tensor = slice.Auxiliary[AuxiliaryTensorCatalog.Find(reference.Name)!.Role]!;
            int batch = tensor.Shape.Batch == 1 ? 0 : task.Segment.Batch;
            if (tensor.AreLengths)
            {
                await LoadLengthsAsync(reference.Tensor, batch, tensor.Descriptor.Role, auxiliary, received, cancellationToken)
                    .ConfigureAwait(false);
                continue;
            }

            int firstHead = tensor.Shape.Heads == 1 ? 0 : task.Segment.KvHead * GroupSize(task);
            TensorPart part = slice.PartOf(tensor);
            for (int head = 0; head < part.Heads; head++)
            {
                int at = head;
                var rows = new RowRange(batch, firstHead + head, part.FirstRow, part.Rows)
                {
                    FirstByte = part.FirstByte,
                    ByteCount = part.ByteCount,
                };
                await PullAsync(
                    reference.Tensor, rows, (row, elements) => auxiliary.Set(tensor.Descriptor.Role, at, row, elements), received,
                    cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task LoadSlopesAsync(
        ComputeTask task, TaskTensors auxiliary, StrongBox<long> received, CancellationToken cancellationToken)
    {
        float[] slopes = new float[GroupSize(task)];
        ElementType type = TypeOf(task.Alibi);
        await PullAsync(
            task.Alibi, new RowRange(0, 0, task.Segment.KvHead * slopes.Length, slopes.Length),
            (row, bytes) => type.ToSingle(bytes, slopes.AsSpan(row, bytes.Length / type.ByteSize())), received, cancellationToken)
            .ConfigureAwait(false);
        auxiliary.SetSlopes(slopes);
    }

    private async Task LoadLengthsAsync(
        TensorRef tensor, int batch, AuxiliaryRole role, TaskTensors auxiliary, StrongBox<long> received,
        CancellationToken cancellationToken)
    {
        long[] lengths = new long[tensor.Rows];
        await PullAsync(
            tensor, new RowRange(batch, 0, 0, tensor.Rows), (row, bytes) => TypeOf(tensor).ToInt64(bytes, lengths.AsSpan(row)), received,
            cancellationToken).ConfigureAwait(false);
        auxiliary.SetLengths(role, lengths);
    }

    private async Task PullAsync(
        TensorRef tensor, RowRange rows, RowSink sink, StrongBox<long> received, CancellationToken cancellationToken)
    {
        TensorSource source = tensor.ToSource();
        await dataPlane.PullRowsAsync(source, rows, sink, cancellationToken).ConfigureAwait(false);
        received.Value += (long)rows.Rows * rows.BytesOf(source.RowBytes);
    }

    private static bool HasSlopes(ComputeTask task) => task.AlibiSlopes.Count > 0 || task.Alibi is not null;

    private static ElementType TypeOf(TensorRef tensor) => (ElementType)tensor.ElementType;

    private static TensorShape ShapeOf(TensorRef tensor) => new(tensor.Batch, tensor.Heads, tensor.Rows, tensor.Width);
}
