using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tensors;
using Google.Protobuf;

namespace AttentionCluster.Cluster.Versions;

/// <summary>
/// Whether a worker understands all of a task. What it does not know it must not leave out: the result would be that of another job.
/// </summary>
internal static class TaskUnderstanding
{
    private static readonly MessageParser<ComputeTask> s_knownFields = ComputeTask.Parser.WithDiscardUnknownFields(true);

    /// <returns>What this build does not understand; null when it understands everything.</returns>
    internal static string? WhyNot(ComputeTask task)
    {
        if (task.BitContract != BitContract.Version)
            return $"it is to be computed by bit contract {(task.BitContract == 0 ? "of no number" : task.BitContract)}, and this worker "
                + $"computes by {BitContract.Version}";
        if (task.Segment is null || task.Query is null || task.Key is null || task.Value is null)
            return "it names no segment, or not all tensors";
        if (HasUnknownFields(task))
            return "it has fields that this version does not know";
        if (task.Level != 0)
            return $"it is of a node of level {task.Level} of the merge tree, and this version computes single segments";
        if (task.PositionRows.Count != task.PositionOffsets.Count || (task.PositionRows.Count > 0 && task.Auxiliary.Count == 0))
            return "it has positions of rows that are not those of documents";
        if (!KernelCatalog.Families.Contains((BitFamily)task.Family))
            return $"bit family {task.Family} is none that this version knows";
        if (task.KernelPath != 0 && !KernelCatalog.Paths.Contains((KernelPath)task.KernelPath))
            return $"kernel path {task.KernelPath} is none that this version knows";
        if (task.KernelPath != 0 && ((KernelPath)task.KernelPath).Family() != (BitFamily)task.Family)
            return $"kernel path {((KernelPath)task.KernelPath).Name()} does not give the bits of the family "
                + $"{((BitFamily)task.Family).Name()}";
        IEnumerable<TensorRef?> tensors =
            [task.Query, task.Key, task.Value, task.Alibi ?? task.Query, .. task.Auxiliary.Select(auxiliary => auxiliary.Tensor)];
        foreach (TensorRef? tensor in tensors)
        {
            if (tensor is null || !Enum.IsDefined((ElementType)tensor.ElementType))
                return $"element type {tensor?.ElementType} of tensor {tensor?.Id} is none that this version knows";
        }

        return task.Auxiliary.FirstOrDefault(auxiliary =>
            AuxiliaryTensorCatalog.Find(auxiliary.Name) is not { IsPulled: true }) is { } other
            ? $"tensor {other.Name} is none that this version knows"
            : null;
    }

    /// <summary>Unknown fields are kept when a message is read, at any depth, and have bytes.</summary>
    private static bool HasUnknownFields(ComputeTask task)
    {
        byte[] bytes = task.ToByteArray();
        return s_knownFields.ParseFrom(bytes).CalculateSize() != bytes.Length;
    }
}
