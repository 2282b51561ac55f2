using System.Buffers;
using System.IO.Hashing;
using AttentionCluster.Server.Jobs;

namespace AttentionCluster.Server.Http.Bodies;

/// <summary>
/// What a body holds, hashed while it streams in. Tensors are told apart, because the order in which a writer puts them, and what it notes
/// in the header besides, say nothing of the numbers: two files of the same tensors are the same job.
/// </summary>
/// <remarks>XxHash128: whoever makes two bodies with one hash on purpose deceives nobody but the owner of the key, who sent both.</remarks>
internal sealed class BodyDigest
{
    private readonly XxHash128 _body = new();

    /// <summary>In the order of the file: they cover it from the end of its header.</summary>
    private readonly (string Name, long End, XxHash128 Hash)[] _tensors;

    private readonly long _dataAt;
    private int _current;

    /// <param name="header">The body's, which is not appended yet.</param>
    internal BodyDigest(BodyHeader header)
    {
        _dataAt = header.Bytes.Length;
        _tensors =
        [
            .. header.File.Entries.Select(tensor => (tensor.Name, End: tensor.ByteOffset + tensor.ByteLength))
                .Concat(header.File.OtherEntries.Select(tensor => (tensor.Name, End: tensor.ByteOffset + tensor.ByteLength)))
                .OrderBy(tensor => tensor.End)
                .Select(tensor => (tensor.Name, tensor.End, new XxHash128())),
        ];
    }

    /// <summary>Bytes of the body so far.</summary>
    internal long Received { get; private set; }

    /// <summary>What has been appended; to be asked for at the body's end.</summary>
    internal JobContent Content
    {
        get
        {
            var all = new XxHash128();
            foreach ((_, _, XxHash128 hash) in _tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
                all.Append(hash.GetCurrentHash());
            return new JobContent(Convert.ToHexStringLower(all.GetCurrentHash()), Convert.ToHexStringLower(_body.GetCurrentHash()));
        }
    }

    /// <summary>Takes the next bytes, the header's among them. Those beyond the last tensor are counted, and belong to none.</summary>
    internal void Append(in ReadOnlySequence<byte> bytes)
    {
        foreach (ReadOnlyMemory<byte> part in bytes)
            Append(part.Span);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        _body.Append(bytes);
        if (Received < _dataAt)
        {
            int ofHeader = (int)Math.Min(bytes.Length, _dataAt - Received);
            Received += ofHeader;
            bytes = bytes[ofHeader..];
        }

        while (!bytes.IsEmpty && _current < _tensors.Length)
        {
            int ofTensor = (int)Math.Min(bytes.Length, _tensors[_current].End - Received);
            _tensors[_current].Hash.Append(bytes[..ofTensor]);
            Received += ofTensor;
            bytes = bytes[ofTensor..];
            if (Received == _tensors[_current].End)
                _current++;
        }

        Received += bytes.Length;
    }
}
