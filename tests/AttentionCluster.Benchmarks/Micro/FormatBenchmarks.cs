using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Tensors;
using BenchmarkDotNet.Attributes;

namespace AttentionCluster.Benchmarks.Micro;

/// <summary>Reading a segment's rows from a file in the page cache, as float32, and hashing them.</summary>
public class FormatBenchmarks
{
    private const int Rows = 16_384;
    private const int Width = 128;

    /// <summary>Rows that are read and widened at a time: pieces of up to 256 KiB, which stay in the level-2 cache.</summary>
    private const int ChunkRows = 512;

    private static readonly TensorShape s_shape = new(1, 1, Rows, Width);

    private readonly Dictionary<(FileFormat, ElementType), TensorFile> _files = [];
    private readonly byte[] _bytes = new byte[ChunkRows * Width * sizeof(float)];
    private readonly float[] _floats = new float[ChunkRows * Width];
    private string _folder = "";

    [GlobalSetup]
    public void Write()
    {
        _folder = Directory.CreateTempSubdirectory("attn-micro-").FullName;
        float[] numbers = new float[Rows * Width];
        StandardNormal.Fill(1, "k", s_shape, 0, numbers);
        foreach (ElementType type in (ElementType[])[ElementType.Float32, ElementType.Float16, ElementType.BFloat16])
            Write(FileFormat.Safetensors, type, SafetensorsHeader.Build([("k", type, [Rows, Width])], null).Header, numbers);
        foreach (ElementType type in (ElementType[])[ElementType.Float32, ElementType.Float16])
            Write(FileFormat.Npy, type, NpyHeader.Build(type, [Rows, Width]), numbers);
    }

    [Benchmark, Floats(Rows * Width)]
    [Arguments(FileFormat.Safetensors, ElementType.Float32)]
    [Arguments(FileFormat.Safetensors, ElementType.Float16)]
    [Arguments(FileFormat.Safetensors, ElementType.BFloat16)]
    [Arguments(FileFormat.Npy, ElementType.Float32)]
    [Arguments(FileFormat.Npy, ElementType.Float16)]
    public void ReadRows(FileFormat format, ElementType type)
    {
        TensorFile file = _files[(format, type)];
        Span<byte> bytes = _bytes.AsSpan(0, _floats.Length * type.ByteSize());
        for (long offset = 0; offset < file.Entries[0].ByteLength; offset += bytes.Length)
        {
            file.Read(file.Entries[0], offset, bytes);
            type.ToSingle(bytes, _floats);
        }
    }

    [Benchmark, Floats(Rows * Width)]
    public string Digest()
    {
        TensorFile file = _files[(FileFormat.Safetensors, ElementType.Float32)];
        return TensorDigest.Sha256(file, file.Entries[0], default);
    }

    [GlobalCleanup]
    public void Delete()
    {
        foreach (TensorFile file in _files.Values)
            file.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Write(FileFormat format, ElementType type, byte[] header, float[] numbers)
    {
        string path = Path.Combine(_folder, $"{format}-{type}");
        using (var file = new BinaryWriter(File.Create(path)))
        {
            file.Write(header);
            foreach (float number in numbers)
            {
                switch (type)
                {
                    case ElementType.Float16:
                        file.Write((Half)number);
                        break;
                    case ElementType.BFloat16:
                        file.Write((ushort)(BitConverter.SingleToUInt32Bits(number) >> 16));
                        break;
                    default:
                        file.Write(number);
                        break;
                }
            }
        }

        _files.Add((format, type), TensorFile.Open(path));
    }
}
