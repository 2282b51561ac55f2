using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server;

namespace AttentionCluster.Benchmarks.Masks;

/// <summary>A job with some mask, in the store of a node.</summary>
internal sealed class MaskedJob : IDisposable
{
    private readonly AttentionNode _node;
    private readonly JobRequest _request;
    private readonly TensorFile? _file;
    private int _runs;

    /// <summary>Puts its tensors into the store.</summary>
    /// <param name="node">The node.</param>
    /// <param name="name">What the mask is.</param>
    /// <param name="query">Of Q, K and V.</param>
    /// <param name="options">The job's.</param>
    /// <param name="tensors">Tensors beside them, with their bytes.</param>
    public MaskedJob(
        AttentionNode node, string name, TensorShape query, AttentionOptions options,
        params (string Name, ElementType Type, long[] Axes, byte[] Bytes)[] tensors)
    {
        (_node, Name, Shape) = (node, name, query);
        string id = name.Replace(' ', '-');
        _file = tensors.Length == 0 ? null : Write(Path.Combine(node.Store.Directory, $"{id}.safetensors"), tensors);
        AttentionShape shape = AttentionShape.Create(query, query, query, out _)!;
        AuxiliaryLayout layout =
            AuxiliaryLayout.Create(_file?.Entries ?? [], shape, options, name, out Refusal? refusal)
            ?? throw new InvalidOperationException(refusal!.Message);
        var auxiliary = new StoredAuxiliaryTensors(layout,
            [.. layout.Tensors.Select(tensor =>
            node.Store.Import($"{id}-{StoredAuxiliaryTensors.IdOf(tensor.Name)}", _file!, _file!.Find(tensor.Name)!, tensor.Shape))]);
        _request = new JobRequest(id, Generate("q"), Generate("k"), Generate("v"), options) { Auxiliary = auxiliary };

        StoredTensor Generate(string tensor) => node.Store.Find($"{tensor}-{query.Heads}-{query.Rows}")
            ?? node.Store.Generate($"{tensor}-{query.Heads}-{query.Rows}", tensor, query, 1, CancellationToken.None);
    }

    /// <summary>What the mask is.</summary>
    public string Name { get; }

    /// <summary>Of Q, K and V.</summary>
    public TensorShape Shape { get; }

    /// <summary>Runs it to its end.</summary>
    public async Task<JobOutcome> RunAsync()
    {
        JobOutcome outcome =
            await _node.Attention.RunAsync(_request with { Id = $"{_request.Id}-{++_runs}" }, null, CancellationToken.None);
        if (outcome.Refusal is { } refusal)
            throw new InvalidOperationException($"{Name}: {refusal.Message}");
        File.Delete(outcome.ResultPath!);
        return outcome;
    }

    public void Dispose() => _file?.Dispose();

    private static TensorFile Write(string path, (string Name, ElementType Type, long[] Axes, byte[] Bytes)[] tensors)
    {
        SafetensorsLayout layout = SafetensorsHeader.Build([.. tensors.Select(tensor => (tensor.Name, tensor.Type, tensor.Axes))]);
        using (FileStream file = File.Create(path))
        {
            file.Write(layout.Header);
            foreach (TensorEntry entry in layout.Entries)
            {
                file.Position = entry.ByteOffset;
                file.Write(tensors.First(tensor => tensor.Name == entry.Name).Bytes);
            }

            file.SetLength(layout.FileLength);
        }

        return TensorFile.Open(path);
    }
}
