using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Tests;

/// <summary>Tensors beside Q, K and V, in a file of their own.</summary>
internal static class AuxiliaryTensorFile
{
    /// <summary>The same job with more tensors.</summary>
    /// <param name="job">A job without such tensors.</param>
    /// <param name="store">That has its tensors.</param>
    /// <param name="path">Where the file is to be.</param>
    /// <param name="tensors">Names, types, axes and bytes.</param>
    internal static JobRequest With(this JobRequest job, TensorStore store, string path,
        params (string Name, ElementType Type, long[] Axes, byte[] Bytes)[] tensors)
    {
        SafetensorsLayout layout = SafetensorsHeader.Build([.. tensors.Select(tensor => (tensor.Name, tensor.Type, tensor.Axes))]);
        File.WriteAllBytes(path, [.. layout.Header, .. tensors.SelectMany(tensor => tensor.Bytes)]);
        TensorFile file = TensorFile.Open(path);
        AttentionShape shape = AttentionShape.Create(job.Query.Shape, job.Key.Shape, job.Value.Shape, out _)!;
        AuxiliaryLayout auxiliary = AuxiliaryLayout.Create(file.Entries, shape, job.Options, path, out _)!;
        return job with
        {
            Auxiliary = new StoredAuxiliaryTensors(auxiliary,
            [.. auxiliary.Tensors.Select(one =>
            store.Import($"{job.Id}-{StoredAuxiliaryTensors.IdOf(one.Name)}", file, file.Entries.First(entry => entry.Name == one.Name),
            one.Shape))])
        };
    }
}
