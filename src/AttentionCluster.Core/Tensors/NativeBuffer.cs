using System.Runtime.InteropServices;

namespace AttentionCluster.Core.Tensors;

/// <summary>
/// Native memory that one owner frees: aligned to <see cref="Alignment"/> bytes, because a vector load that crosses a
/// cache line costs two. The garbage collector neither moves nor scans it. A forgotten owner is freed by its finalizer.
/// </summary>
internal sealed unsafe partial class NativeBuffer : IDisposable
{
    /// <summary>Bytes: a cache line, and the width of the widest vector.</summary>
    public const int Alignment = 64;

    /// <summary>
    /// The size of a huge page on x64 and most arm64 systems. Touching 8 MiB for the first time took 25 ms in pages of 4 KiB on a virtual
    /// machine, and 0.5 ms in huge ones.
    /// </summary>
    private const nuint HugePageBytes = 2 << 20;

    /// <summary>Of <c>madvise</c> on Linux.</summary>
    private const int AdviseHugePage = 14;

    private nint _address;

    /// <summary>Allocates <paramref name="byteLength"/> bytes with undefined content.</summary>
    /// <exception cref="OutOfMemoryException">The operating system gives no more memory.</exception>
    public NativeBuffer(long byteLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteLength);
        _address = Allocate((nuint)Math.Max(byteLength, 1));
        ByteLength = byteLength;
    }

    /// <summary>Frees what an owner forgot.</summary>
    ~NativeBuffer() => Free();

    /// <summary>Rounds up to a length that can lie in huge pages alone.</summary>
    public static long WholeHugePages(long byteLength) =>
        (byteLength + (long)HugePageBytes - 1) / (long)HugePageBytes * (long)HugePageBytes;

    /// <summary>Usable bytes.</summary>
    public long ByteLength { get; }

    /// <summary>The first byte; valid until <see cref="Dispose"/>.</summary>
    /// <exception cref="ObjectDisposedException">The memory was freed.</exception>
    public byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_address == 0, this);
            return (byte*)_address;
        }
    }

    /// <summary>The first float; valid until <see cref="Dispose"/>.</summary>
    public float* Floats => (float*)Pointer;

    /// <summary>A view of <paramref name="length"/> bytes from <paramref name="offset"/>.</summary>
    public Span<byte> Slice(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, ByteLength, nameof(length));
        return new Span<byte>(Pointer + offset, length);
    }

    /// <summary>A view of <paramref name="count"/> floats from float index <paramref name="first"/>.</summary>
    public Span<float> FloatSpan(long first, int count) =>
        MemoryMarshal.Cast<byte, float>(Slice(first * sizeof(float), checked(count * sizeof(float))));

    /// <summary>
    /// Each has the other's memory from now on: what a copy of a buffer that is not needed any more comes to, without touching a byte.
    /// </summary>
    /// <param name="other">Of the same length. Nobody else may use either meanwhile.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public void Exchange(NativeBuffer other)
    {
        if (other.ByteLength != ByteLength)
            throw new ArgumentException($"{other.ByteLength} bytes can't be exchanged for {ByteLength}", nameof(other));
        (_address, other._address) = ((nint)other.Pointer, (nint)Pointer);
    }

    /// <summary>Sets every byte to zero.</summary>
    public void Clear() => NativeMemory.Clear(Pointer, (nuint)ByteLength);

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private static nint Allocate(nuint bytes)
    {
        if (bytes < HugePageBytes || !OperatingSystem.IsLinux())
            return (nint)NativeMemory.AlignedAlloc(bytes, Alignment);

        // Advice alone: where it isn't taken, the pages are small ones.
        void* block = NativeMemory.AlignedAlloc(bytes, HugePageBytes);
        _ = Advise(block, bytes, AdviseHugePage);
        return (nint)block;
    }

    private void Free() => NativeMemory.AlignedFree((void*)Interlocked.Exchange(ref _address, 0));

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
