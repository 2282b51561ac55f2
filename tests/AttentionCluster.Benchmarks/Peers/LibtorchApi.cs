using System.Runtime.InteropServices;

namespace AttentionCluster.Benchmarks.Peers;

/// <summary>The stable C functions of libtorch that are called here.</summary>
internal static unsafe partial class LibtorchApi
{
    internal const string Library = "torch_cpu";

    private const int Float32 = 6;
    private const int Cpu = 0;

    /// <summary>Throws for an error code.</summary>
    internal static void Check(int error)
    {
        if (error != 0)
            throw new InvalidOperationException($"libtorch failed with {error}");
    }

    /// <summary>A float32 tensor of four axes over memory that stays the caller's.</summary>
    internal static nint Borrow(void* data, long batch, long heads, long rows, long width)
    {
        long* sizes = stackalloc long[] { batch, heads, rows, width };
        long* strides = stackalloc long[] { heads * rows * width, rows * width, width, 1 };
        Check(FromBlob(data, 4, sizes, strides, 0, Float32, Cpu, 0, out nint tensor));
        return tensor;
    }

    [LibraryImport(Library, EntryPoint = "aoti_torch_create_tensor_from_blob")]
    private static partial int FromBlob(
        void* data, long rank, long* sizes, long* strides, long offset, int type, int deviceType, int deviceIndex, out nint tensor);

    [LibraryImport(Library, EntryPoint = "aoti_torch_cpu__scaled_dot_product_flash_attention_for_cpu")]
    internal static partial int Attention(
        nint query, nint key, nint value, double dropout, int isCausal, nint* mask, double* scale, out nint output, out nint lse);

    [LibraryImport(Library, EntryPoint = "aoti_torch_get_data_ptr")]
    internal static partial int Data(nint tensor, out nint data);

    [LibraryImport(Library, EntryPoint = "aoti_torch_get_strides")]
    internal static partial int Strides(nint tensor, out long* strides);

    [LibraryImport(Library, EntryPoint = "aoti_torch_delete_tensor_object")]
    internal static partial int Delete(nint tensor);

    [LibraryImport(Library, EntryPoint = "_ZN2at15set_num_threadsEi")]
    internal static partial void SetThreads(int threads);
}
