using AttentionCluster.Benchmarks.Peers;
using AttentionCluster.Core.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace AttentionCluster.Benchmarks.Differential;

/// <summary>
/// ONNX Runtime's <c>Attention</c> of the standard operators, version 23. It adds a mask before it caps scores, so that a cap lets hidden
/// keys be seen: it has capped jobs only where nothing is hidden or added. It takes no scale that is 0 or less as a float32, and knows no
/// sink logits.
/// </summary>
internal static class OnnxOracle
{
    private const int Version = 23;
    private const string Output = "Y";

    public static bool CanExpress(DenseJob job) => (float)job.Scale > 0 && (job.Softcap is null || job.IsPlain);

    public static DenseResult Compute(DenseJob job)
    {
        (string Name, NativeBuffer Data, long[] Axes)[] inputs =
        [
            ("Q", job.Query, [job.Batch, job.Heads, job.Rows, job.Width]),
            ("K", job.Key, [job.Batch, job.Heads, job.Keys, job.Width]),
            ("V", job.Value, [job.Batch, job.Heads, job.Keys, job.Width]),
            ("attn_mask", job.Mask, job.IsPlain ? [] : [job.Batch, job.Heads, job.Rows, job.Keys]),
        ];
        byte[] model = OnnxModel.Of(
            "Attention", "", Version, [.. inputs.Select(input => (input.Name, input.Axes))], (Output, inputs[0].Axes),
            OnnxModel.Float("scale", (float)job.Scale), OnnxModel.Float("softcap", (float)(job.Softcap ?? 0)));
        using var session = new InferenceSession(model);
        using var options = new RunOptions();
        OrtValue[] values = [.. from input in inputs where input.Axes.Length > 0 select OrtValue.CreateTensorValueFromMemory(
            input.Data.FloatSpan(0, (int)input.Axes.Aggregate((all, axis) => all * axis)).ToArray(), input.Axes)];
        try
        {
            using IDisposableReadOnlyCollection<OrtValue> results = session.Run(
                options, [.. from input in inputs where input.Axes.Length > 0 select input.Name], values, [Output]);
            return new DenseResult(results[0].GetTensorDataAsSpan<float>().ToArray(), null);
        }
        finally
        {
            foreach (OrtValue value in values)
                value.Dispose();
        }
    }
}
