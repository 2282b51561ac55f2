using AttentionCluster.Core.Tensors;
using static AttentionCluster.Benchmarks.Peers.LibtorchApi;

namespace AttentionCluster.Benchmarks.Peers;

/// <summary>libtorch's flash attention for CPUs, called through its stable C functions.</summary>
internal sealed unsafe class Libtorch : IPeer
{
    private readonly PeerProblem _problem;
    private readonly NativeBuffer _keys;
    private readonly NativeBuffer _values;
    private readonly nint _query;
    private readonly nint _key;
    private readonly nint _value;
    private nint _output;
    private nint _lse;

    public Libtorch(PeerProblem problem, int threads)
    {
        _problem = problem;
        _keys = problem.Repeat(problem.Key);
        _values = problem.Repeat(problem.Value);
        _query = Create(problem.Query);
        _key = Create(_keys);
        _value = Create(_values);
        SetThreads(threads);
    }

    public void Run()
    {
        Free();
        double scale = _problem.Plan.Scale;
        Check(Attention(_query, _key, _value, 0, _problem.Plan.Options.Causal ? 1 : 0, null, &scale, out _output, out _lse));
    }

    public ReadOnlySpan<float> Output(int head, int row)
    {
        Check(Data(_output, out nint data));
        Check(Strides(_output, out long* strides));
        return new ReadOnlySpan<float>((float*)data + (head * strides[1]) + (row * strides[2]), _problem.Width);
    }

    public void Dispose()
    {
        Free();
        foreach (nint tensor in (nint[])[_query, _key, _value])
            Check(Delete(tensor));
        _keys.Dispose();
        _values.Dispose();
    }

    private nint Create(NativeBuffer data) => Borrow(data.Pointer, 1, _problem.Heads, _problem.Rows, _problem.Width);

    private void Free()
    {
        if (_output == 0)
            return;
        Check(Delete(_output));
        Check(Delete(_lse));
        _output = 0;
    }
}
