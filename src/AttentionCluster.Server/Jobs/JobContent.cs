namespace AttentionCluster.Server.Jobs;

/// <summary>
/// The numbers of a job's tensors, by hash: what a request that repeats it must have besides its <see cref="JobFingerprint"/>.
/// </summary>
/// <param name="Tensors">Of the tensors, in the order of their names; null when an older version received the job.</param>
/// <param name="Body">Of all bytes of the body, its header too.</param>
internal sealed record JobContent(string? Tensors, string Body)
{
    /// <summary>Whether a repeated body holds the same. Of a job of an older version only the body as a whole is known.</summary>
    internal bool IsSameAs(JobContent repeated) => Tensors is null ? Body == repeated.Body : Tensors == repeated.Tensors;
}
