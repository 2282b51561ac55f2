using System.Collections.Immutable;
using System.Globalization;
using Akka.Actor;
using AttentionCluster.Cluster.Versions;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Journal;

/// <summary>What the journal says of a job: the sum of its events, without an actor.</summary>
/// <param name="Options">Its plan's options, resolved; empty before it was begun.</param>
/// <param name="Owners">The processes that have coordinated it, in their order.</param>
/// <param name="Blocks">Blocks whose rows are on the disk.</param>
/// <param name="RetriesBefore">Tasks that were sent again by all coordinators but the last.</param>
/// <param name="Retries">By the last one.</param>
/// <param name="Workers">The nodes that have computed, with their threads.</param>
/// <param name="BeginningsInVain">
/// How often it was begun since a block of it was last done, each time by a process that ended without a word: what it is may be why.
/// </param>
internal sealed record JobHistory(
    string Options, ImmutableArray<string> Owners, BlockSet Blocks, int RetriesBefore, int Retries,
        ImmutableDictionary<string, int> Workers,
    int BeginningsInVain = 0)
    : INoSerializationVerificationNeeded
{
    /// <summary>The version of the events that this build writes, and the newest that it reads.</summary>
    internal const int FormatCurrent = 2;

    /// <summary>The <see cref="Core.Attention.BitContract"/> that the blocks were computed by.</summary>
    internal int BitContract { get; init; } = Core.Attention.BitContract.OfUnnumbered;

    /// <summary>Family and contract that the blocks were computed by, such as <c>fused-1</c>; empty in earlier formats.</summary>
    internal string Bits { get; init; } = "";

    /// <summary>Keys of a segment of the plan that the blocks are of; 0 in earlier formats.</summary>
    internal int KeysPerSegment { get; init; }

    /// <summary>The version of the newest event.</summary>
    internal int Format { get; init; }

    /// <summary>Of a job that was never begun.</summary>
    internal static JobHistory None { get; } =
        new("", [], BlockSet.Empty, 0, 0, ImmutableDictionary.Create<string, int>(StringComparer.Ordinal));

    /// <summary>Tasks that were sent again, in all.</summary>
    internal int RetriesInAll => RetriesBefore + Retries;

    internal JobHistory Apply(JobBegun begun) => this with
    {
        Options = begun.Options,
        Owners = Owners.Add(begun.Owner),
        Blocks = begun.IsAnew ? BlockSet.Empty : Blocks,
        RetriesBefore = RetriesInAll,
        Retries = 0,
        BeginningsInVain = BeginningsInVain + 1,
        BitContract = ContractOf(begun.BitContract),
        Bits = begun.Bits,
        KeysPerSegment = begun.KeysPerSegment,
        Format = Math.Max(Format, begun.Format),
    };

    internal JobHistory Apply(BlocksDone done) => this with
    {
        Blocks = Blocks.Union(BlockSet.Of(done.Blocks)),
        Retries = Math.Max(Retries, done.Retries),
        Workers = Workers.SetItems(done.Workers.Select(worker => KeyValuePair.Create(worker.Name, worker.Threads))),
        BeginningsInVain = done.Blocks.Count > 0 ? 0 : done.IsPaused ? Math.Max(0, BeginningsInVain - 1) : BeginningsInVain,
    };

    internal static JobHistory Of(JobProgressSnapshot snapshot) => new(
        snapshot.Options, [.. snapshot.Owners], BlockSet.Of(snapshot.Blocks), snapshot.RetriesBefore, snapshot.Retries,
        snapshot.Workers.ToImmutableDictionary(worker => worker.Name, worker => worker.Threads, StringComparer.Ordinal),
        snapshot.BeginningsInVain)
    {
        BitContract = ContractOf(snapshot.BitContract),
        Bits = snapshot.Bits,
        KeysPerSegment = snapshot.KeysPerSegment,
        Format = snapshot.Format,
    };

    internal JobProgressSnapshot ToMessage()
    {
        var message = new JobProgressSnapshot
        {
            Options = Options,
            RetriesBefore = RetriesBefore,
            Retries = Retries,
            BeginningsInVain = BeginningsInVain,
            BitContract = BitContract,
            Bits = Bits,
            KeysPerSegment = KeysPerSegment,
            Format = Format,
        };
        message.Owners.AddRange(Owners);
        message.Blocks.AddRange(Blocks.ToMessages());
        message.Workers.AddRange(Workers.Select(worker => new JobWorker { Name = worker.Key, Threads = worker.Value }));
        return message;
    }

    /// <summary>Why a job can't go on from here; null when it can.</summary>
    internal Refusal? WhyNotResumed(string job) =>
        Format > FormatCurrent
            ? new Refusal(ErrorCode.JournalOfNewerVersion, $"the journal of job {job} is of a newer version (format {Format}, and version "
                + $"{ProductVersion.Current} reads up to {FormatCurrent}); it stays as it is, and a gateway of that version goes on with "
                + "the job") :
        Blocks.Count > 0 && BitContract != Core.Attention.BitContract.Version
            ? new Refusal(ErrorCode.BitContractDiffers, $"job {job} was begun by bit contract "
                + $"{BitContract}{(Bits.Length > 0 ? $" ({Bits})" : "")}, and version {ProductVersion.Current} computes by "
                + $"{Core.Attention.BitContract.Version}: rows of both would not fit together; send the job again") :
        null;

    /// <summary>Why the rows that there are can't be joined by those of a plan; null when they can.</summary>
    internal Refusal? WhyNotResumed(string job, AttentionPlan plan) =>
        Blocks.Count == 0 || Bits.Length == 0
            || (Bits == Core.Attention.BitContract.Name(plan.Family) && KeysPerSegment == plan.KeysPerSegment)
            ? null
            : new Refusal(ErrorCode.BitContractDiffers, string.Create(
                CultureInfo.InvariantCulture,
                $"job {job} was begun with bits {Bits} and {KeysPerSegment} keys per segment, and would go on with "
                    + $"{Core.Attention.BitContract.Name(plan.Family)} and {plan.KeysPerSegment}: rows of both would not fit together; "
                    + $"send the job again"));

    private static int ContractOf(int written) => written == 0 ? Core.Attention.BitContract.OfUnnumbered : written;
}
