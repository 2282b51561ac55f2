using System.Runtime.InteropServices;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Chaos.Jobs;

/// <summary>Writes the tensors of a job, which are those of <c>attn attend --random</c>, as the body of a request.</summary>
internal static class InputFile
{
    private const int ElementsPerChunk = 1 << 18;

    /// <summary>Writes a safetensors file.</summary>
    public static void Write(string path, JobWork work)
    {
        SafetensorsLayout layout = SafetensorsHeader.Build(
            [.. work.Tensors.Select(tensor =>
                (tensor.Name, ElementType.Float32, tensor.Shape.ToDimensions().Select(axis => (long)axis).ToArray()))]);
        using FileStream file = File.Create(path);
        file.Write(layout.Header);
        float[] chunk = new float[ElementsPerChunk];
        foreach ((string name, TensorShape shape) in work.Tensors)
        {
            for (long first = 0; first < shape.ElementCount; first += ElementsPerChunk)
            {
                Span<float> part = chunk.AsSpan(0, (int)Math.Min(ElementsPerChunk, shape.ElementCount - first));
                StandardNormal.Fill(JobWork.Seed, name, shape, first, part);
                file.Write(MemoryMarshal.AsBytes(part));
            }
        }
    }
}
