namespace AttentionCluster.Server.Jobs;

/// <summary>Who waits for a job.</summary>
internal enum JobKind
{
    /// <summary>Nobody: its result is fetched later, so the job is listed and its result kept.</summary>
    Stored,

    /// <summary>The one request that sent it: the job ends with that request and leaves nothing.</summary>
    Call,
}
