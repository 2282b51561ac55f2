using System.Runtime.InteropServices;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Benchmarks.Peers;

/// <summary>libtorch's flash attention for CPUs, called through its stable C functions.</summary>
internal sealed unsafe partial class Libtorch : IPeer
{
    internal const string Library = "torch_cpu";

    private const int Float32 = 6;
    private const int Cpu = 0;

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

    private nint Create(NativeBuffer data)
    {
        long* sizes = stackalloc long[] { 1, _problem.Heads, _problem.Rows, _problem.Width };
        long* strides = stackalloc long[] { (long)_problem.Heads * _problem.Rows * _problem.Width, (long)_problem.Rows * _problem.Width, _problem.Width, 1 };
        Check(FromBlob(data.Pointer, 4, sizes, strides, 0, Float32, Cpu, 0, out nint tensor));
        return tensor;
    }

    private void Free()
    {
        if (_output == 0)
            return;
        Check(Delete(_output));
        Check(Delete(_lse));
        _output = 0;
    }

    private static void Check(int error)
    {
        if (error != 0)
            throw new InvalidOperationException($"libtorch failed with {error}");
    }

    [LibraryImport(Library, EntryPoint = "aoti_torch_create_tensor_from_blob")]
    private static partial int FromBlob(
        void* data, long rank, long* sizes, long* strides, long offset, int type, int deviceType, int deviceIndex, out nint tensor);

    [LibraryImport(Library, EntryPoint = "aoti_torch_cpu__scaled_dot_product_flash_attention_for_cpu")]
    private static partial int Attention(
        nint query, nint key, nint value, double dropout, int isCausal, nint* mask, double* scale, out nint output, out nint lse);

    [LibraryImport(Library, EntryPoint = "aoti_torch_get_data_ptr")]
    private static partial int Data(nint tensor, out nint data);

    [LibraryImport(Library, EntryPoint = "aoti_torch_get_strides")]
    private static partial int Strides(nint tensor, out long* strides);

    [LibraryImport(Library, EntryPoint = "aoti_torch_delete_tensor_object")]
    private static partial int Delete(nint tensor);

    [LibraryImport(Library, EntryPoint = "_ZN2at15set_num_threadsEi")]
    private static partial void SetThreads(int threads);
}
