using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Results;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Store;

/// <summary>
/// The header of a result: its tensors, and what whoever has the file and the inputs must know to compute the same bits again.
/// </summary>
internal sealed class ResultHeader
{
    private const string OutputHashName = "o_sha256", LseHashName = "lse_sha256";

    /// <summary>As long as a SHA-256 in hexadecimal, which takes its place at the end.</summary>
    private static readonly string NoHashYet = new('0', 2 * SHA256.HashSizeInBytes);

    private readonly AttentionPlan _plan;
    private readonly IReadOnlyDictionary<string, string> _metadata;

    private ResultHeader(AttentionPlan plan, string options, params IEnumerable<KeyValuePair<string, string>> bits)
    {
        _plan = plan;
        var metadata = new Dictionary<string, string>(bits) { [RecordedOptions.MetadataName] = options };
        if (plan.Rules.Layout.Tensors.Any())
            metadata[RecordedOptions.TensorsName] = string.Join(',', plan.Rules.Layout.Tensors.Select(tensor => tensor.Name));
        _metadata = metadata;
        WithoutHashes = With(NoHashYet, plan.Options.WithLse ? NoHashYet : null);
    }

    /// <summary>As it is while rows are written.</summary>
    internal SafetensorsLayout WithoutHashes { get; }

    /// <summary>What this release writes.</summary>
    internal static ResultHeader Of(AttentionPlan plan) => new(
        plan, RecordedOptions.Write(plan),
        KeyValuePair.Create(BitContract.MetadataName, BitContract.Name(plan.Family)),
        KeyValuePair.Create(BitContract.KeysPerSegmentName, plan.KeysPerSegment.ToString(CultureInfo.InvariantCulture)));

    /// <summary>What 0.1.0 wrote: nothing of the bits but the options.</summary>
    /// <param name="plan">The job's.</param>
    /// <param name="options">The options as that release has written them.</param>
    internal static ResultHeader OfEarlier(AttentionPlan plan, string options) => new(plan, options);

    /// <summary>With the hashes; all have one length, and so has the header.</summary>
    internal SafetensorsLayout With(string outputHash, string? lseHash)
    {
        var tensors = new List<(string Name, ElementType Type, long[])>
        {
            ("o", _plan.Options.Output.ToElementType(), ToLong(_plan.Shape.Output.ToDimensions())),
        };
        var metadata = new Dictionary<string, string>(_metadata) { [OutputHashName] = outputHash };
        if (lseHash is not null)
        {
            tensors.Add(("lse", ElementType.Float32, ToLong(_plan.Shape.LseDimensions)));
            metadata[LseHashName] = lseHash;
        }

        // Wide elements before narrow ones, so that each is aligned to its own size.
        return SafetensorsHeader.Build([.. tensors.OrderByDescending(tensor => tensor.Type.ByteSize())], metadata);
    }

    /// <summary>Whether a file has this header and its full length, whatever hashes are in it.</summary>
    internal bool IsOf(PreallocatedFile file)
    {
        byte[] wanted = [.. WithoutHashes.Header];
        byte[] found = new byte[wanted.Length];
        if (file.Length != WithoutHashes.FileLength || file.Read(0, found) < found.Length)
            return false;
        ReadOnlySpan<byte> noHash = Encoding.ASCII.GetBytes(NoHashYet);
        for (int hash; (hash = wanted.AsSpan().IndexOf(noHash)) >= 0;)
        {
            wanted.AsSpan(hash, noHash.Length).Fill((byte)' ');
            found.AsSpan(hash, noHash.Length).Fill((byte)' ');
        }

        return found.AsSpan().SequenceEqual(wanted);
    }

    private static long[] ToLong(int[] axes) => Array.ConvertAll(axes, axis => (long)axis);
}
