using Akka.Actor;
using AttentionCluster.Cluster.Wire;

namespace AttentionCluster.Cluster.Jobs.Coordination;

/// <content>
/// What it is told, and what it tells itself. Nothing of it leaves the process: a job is coordinated where its files are open.
/// </content>
internal sealed partial class JobEntity
{
    /// <summary>To the entity of a job.</summary>
    /// <param name="Job">The job's id.</param>
    internal abstract record Message(string Job) : INoSerializationVerificationNeeded;

    /// <summary>How far are you? Answered with a <see cref="Journal.JobHistory"/>.</summary>
    internal sealed record Open(string Job) : Message(Job);

    /// <summary>Computes what is missing.</summary>
    /// <param name="Owner">The process that has the job.</param>
    /// <param name="Job">The job's id.</param>
    /// <param name="Work">What its coordinator is given.</param>
    /// <param name="IsAnew">Whether no row is in the result.</param>
    internal sealed record Run(string Owner, string Job, JobRun Work, bool IsAnew) : Message(Job);

    /// <summary>Ends the job without a result; one that is not being computed is left alone.</summary>
    internal sealed record Cancel(string Job) : Message(Job);

    /// <summary>
    /// Journals what has been written. Answered with an <see cref="Answer"/> when the coordinator has ended and that is done.
    /// </summary>
    internal sealed record Settle(string Job) : Message(Job);

    /// <summary>Removes what is journaled of a job that has ended. Answered with an <see cref="Answer"/>.</summary>
    internal sealed record Forget(string Job) : Message(Job);

    /// <summary>Done.</summary>
    internal sealed record Answer : INoSerializationVerificationNeeded
    {
        internal static Answer Instance { get; } = new();
    }

    private sealed record Gathered : INoSerializationVerificationNeeded
    {
        internal static Gathered Instance { get; } = new();
    }

    private sealed record FlushEnded(BlocksDone Done, Exception? Failure) : INoSerializationVerificationNeeded;

    private sealed record NotNotedYet : INoSerializationVerificationNeeded
    {
        internal static NotNotedYet Instance { get; } = new();
    }
}
