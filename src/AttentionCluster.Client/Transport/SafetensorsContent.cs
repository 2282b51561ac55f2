using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Client.Transport;

/// <summary>
/// A safetensors file that exists only on its way: its tensors are read piece by piece while they are sent, so it takes no more
/// memory than one piece, and can be sent again.
/// </summary>
internal sealed class SafetensorsContent : HttpContent
{
    /// <summary>The media type of a safetensors file.</summary>
    public const string MediaType = "application/x-safetensors";

    /// <summary>A multiple of every element's size, large enough that the calls it takes don't count.</summary>
    private const int ChunkBytes = 1 << 20;

    private readonly TensorInput[] _tensors;
    private readonly SafetensorsLayout _layout;
    private readonly IProgress<long>? _progress;

    /// <summary>Lays the file out.</summary>
    /// <param name="tensors">Names must differ.</param>
    /// <param name="progress">Told how many bytes have gone out; from 0 on again when the file is sent again.</param>
    /// <exception cref="ArgumentException">The tensors make no file; see <see cref="SafetensorsHeader.Build"/>.</exception>
    public SafetensorsContent(IEnumerable<TensorInput> tensors, IProgress<long>? progress)
    {
        // Wide elements first keep every tensor aligned to its elements.
        _tensors = [.. tensors.OrderByDescending(tensor => tensor.Type.ByteSize())];
        _layout = SafetensorsHeader.Build([.. _tensors.Select(tensor => (tensor.Name, tensor.Type, tensor.Dimensions.ToArray()))]);
        _progress = progress;
        Headers.ContentType = new MediaTypeHeaderValue(MediaType);
    }

    /// <summary>Bytes of the file.</summary>
    public long Length => _layout.FileLength;

    /// <summary>Called with the bytes sent so far whenever some have gone out.</summary>
    public Action<long>? Sent { get; set; }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = Length;
        return true;
    }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            await stream.WriteAsync(_layout.Header, cancellationToken).ConfigureAwait(false);
            long sent = _layout.Header.Length;
            foreach ((TensorInput tensor, TensorEntry entry) in _tensors.Zip(_layout.Entries))
            {
                for (long done = 0; done < entry.ByteLength; done += ChunkBytes)
                {
                    Memory<byte> piece = chunk.AsMemory(0, (int)Math.Min(ChunkBytes, entry.ByteLength - done));
                    Read(tensor, done, piece.Span);
                    await stream.WriteAsync(piece, cancellationToken).ConfigureAwait(false);
                    sent += piece.Length;
                    Sent?.Invoke(sent);
                    _progress?.Report(sent);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    private static void Read(TensorInput tensor, long byteOffset, Span<byte> destination)
    {
        try
        {
            tensor.Read(byteOffset, destination);
        }
        catch (Exception problem)
        {
            throw new TensorReadException(problem);
        }
    }
}
