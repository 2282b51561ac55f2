using Google.Protobuf;
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
        using (var options = new SessionOptions { IntraOpNumThreads = threads, InterOpNumThreads = 1, GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL })
            _session = new InferenceSession(Model(problem, shape), options);
        using var keys = problem.Repeat(problem.Key);
        using var values = problem.Repeat(problem.Value);
        _output = new float[problem.Rows * problem.Heads * problem.Width];
        _values = [.. new[] { problem.Query, keys, values }.Select(tensor => OrtValue.CreateTensorValueFromMemory(Interleave(tensor.Floats), shape))];
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

    /// <summary>A model of one node, in the wire format of <c>onnx.proto</c>.</summary>
    private static byte[] Model(PeerProblem problem, long[] shape)
    {
        byte[] node = Message(
            [.. s_inputs.Select(name => Text(1, name)), Text(2, s_outputs[0]), Text(4, "MultiHeadAttention"), Text(7, "com.microsoft"),
            Nested(5, Message(Text(1, "num_heads"), Number(3, problem.Heads), Number(20, 2))),
            Nested(5, Message(Text(1, "unidirectional"), Number(3, problem.Plan.Options.Causal ? 1 : 0), Number(20, 2)))]);
        byte[] dimensions = Message([.. shape.Select(axis => Nested(1, Message(Number(1, axis))))]);
        byte[] type = Message(Nested(1, Message(Number(1, 1), Nested(2, dimensions))));
        byte[] graph = Message(
            [Nested(1, node), Text(2, "attention"),
            .. s_inputs.Select(name => Nested(11, Message(Text(1, name), Nested(2, type)))),
            Nested(12, Message(Text(1, s_outputs[0]), Nested(2, type)))]);
        return Message(
            Number(1, 8), Nested(7, graph),
            Nested(8, Message(Text(1, ""), Number(2, 17))), Nested(8, Message(Text(1, "com.microsoft"), Number(2, 1))));
    }

    private static byte[] Message(params Action<CodedOutputStream>[] fields)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes))
        {
            foreach (Action<CodedOutputStream> write in fields)
                write(output);
        }

        return bytes.ToArray();
    }

    private static Action<CodedOutputStream> Text(int field, string text) => output =>
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteString(text);
    };

    private static Action<CodedOutputStream> Number(int field, long number) => output =>
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt64(number);
    };

    private static Action<CodedOutputStream> Nested(int field, byte[] message) => output =>
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(message));
    };
}
