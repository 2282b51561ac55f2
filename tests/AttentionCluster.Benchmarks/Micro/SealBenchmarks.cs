using System.IO.Hashing;
using System.Security.Cryptography;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.DataPlane.Http;
using BenchmarkDotNet.Attributes;

namespace AttentionCluster.Benchmarks.Micro;

/// <summary>What it costs to seal a piece of rows, beside a checksum, which proves nothing, and the usual MAC.</summary>
public class SealBenchmarks
{
    private const int Floats = RowChunks.PieceBytes / sizeof(float);

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly byte[] _piece = RandomNumberGenerator.GetBytes(RowChunks.PieceBytes);
    private readonly byte[] _tag = new byte[HMACSHA256.HashSizeInBytes];

    [Benchmark, Floats(Floats)]
    public void Seal()
    {
        using var seal = new ByteSeal(_key);
        seal.Append(_piece);
        seal.End(_tag.AsSpan(0, ByteSeal.Bytes));
    }

    [Benchmark, Floats(Floats)]
    public ulong Checksum() => XxHash3.HashToUInt64(_piece);

    [Benchmark, Floats(Floats)]
    public int Hmac() => HMACSHA256.HashData(_key, _piece, _tag);
}
