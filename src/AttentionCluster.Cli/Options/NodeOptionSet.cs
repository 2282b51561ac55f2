using System.CommandLine;
using AttentionCluster.Cluster;
using AttentionCluster.Core;

namespace AttentionCluster.Cli.Options;

/// <summary>What the embedded one-node cluster may take of this machine.</summary>
internal sealed class NodeOptionSet
{
    private readonly Option<int?> _threads = OptionValues.SmallInteger(
        "--threads", "Compute threads (default: one for every processor)");

    private readonly Option<long?> _memory = OptionValues.Value<long?>(
        "--memory", "bytes", "Memory for tensors in work, such as 4GiB (default: half of what the process may use)", ByteSize.Read);

    private readonly Option<int?> _chunkBytes = OptionValues.SmallInteger(
        "--chunk-bytes", "Bytes of one piece of a tensor on its way to a worker (default: 1048576); changes no bit of the result");

    /// <summary>Declares the options on a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_threads);
        command.Add(_memory);
        command.Add(_chunkBytes);
    }

    /// <summary>Refuses every one of the options: a server's nodes have their own.</summary>
    public Refusal? CheckNone(ParseResult parse)
    {
        foreach (Option option in (Option[])[_threads, _memory, _chunkBytes])
        {
            if (parse.GetResult(option) is { Implicit: false })
                return new Refusal(ErrorCode.WrongInput,
                    $"{option.Name} is for a job in this process, and this one goes to a server, which decides for itself; leave it out");
        }

        return null;
    }

    /// <summary>The node that the user described; a workspace gives it a data directory when it starts.</summary>
    public NodeOptions Read(ParseResult parse)
    {
        var defaults = new NodeOptions { DataDirectory = "" };
        return defaults with
        {
            Threads = parse.GetValue(_threads) ?? defaults.Threads,
            MemoryBytesMax = parse.GetValue(_memory) ?? defaults.MemoryBytesMax,
            ChunkBytes = parse.GetValue(_chunkBytes) ?? defaults.ChunkBytes,
        };
    }
}
