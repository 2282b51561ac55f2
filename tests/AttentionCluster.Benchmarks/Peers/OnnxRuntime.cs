using Microsoft.ML.OnnxRuntime;

namespace AttentionCluster.Benchmarks.Peers;

/// <summary>ONNX Runtime's <c>com.microsoft.MultiHeadAttention</c>, which reads and writes <c>[B, N, H * D]</c>.</summary>
internal sealed unsafe class OnnxRuntime : IPeer
{
    private static readonly string[] s_inputs = ["query", "key", "value"];
    private static readonly string[] s_outputs = ["output"];

    private readonly PeerProblem _problem;
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly OrtValue[] _values;
    private readonly OrtValue[] _results;
    private readonly float[] _output;

    public OnnxRuntime(PeerProblem problem, int threads)
    {
        _problem = problem;
        long[] shape = [1, problem.Rows, (long)problem.Heads * problem.Width];
        using (var options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL
        })
            _session = new InferenceSession(Model(problem, shape), options);
        using var keys = problem.Repeat(problem.Key);
        using var values = problem.Repeat(problem.Value);
        _output = new float[problem.Rows * problem.Heads * problem.Width];
        _values = [.. new[] { problem.Query, keys, values }.Select(tensor =>
            OrtValue.CreateTensorValueFromMemory(Interleave(tensor.Floats), shape))];
        _results = [OrtValue.CreateTensorValueFromMemory(_output, shape)];
    }

    public void Run() => _session.Run(_options, s_inputs, _values, s_outputs, _results);

    public ReadOnlySpan<float> Output(int head, int row) =>
        _output.AsSpan(((row * _problem.Heads) + head) * _problem.Width, _problem.Width);

    public void Dispose()
    {
        foreach (OrtValue value in _values.Concat(_results))
            value.Dispose();
        _options.Dispose();
        _session.Dispose();
    }

    private float[] Interleave(float* heads)
    {
        float[] rows = new float[_problem.Rows * _problem.Heads * _problem.Width];
        for (int head = 0; head < _problem.Heads; head++)
        {
            for (int row = 0; row < _problem.Rows; row++)
            {
                new ReadOnlySpan<float>(heads + (((long)head * _problem.Rows) + row) * _problem.Width, _problem.Width)
                    .CopyTo(rows.AsSpan(((row * _problem.Heads) + head) * _problem.Width));
            }
        }

        return rows;
    }

    private static byte[] Model(PeerProblem problem, long[] shape) => OnnxModel.Of(
        "MultiHeadAttention", "com.microsoft", 1, [.. s_inputs.Select(name => (name, shape))], (s_outputs[0], shape),
        OnnxModel.Integer("num_heads", problem.Heads), OnnxModel.Integer("unidirectional", problem.Plan.Options.Causal ? 1 : 0));
}
