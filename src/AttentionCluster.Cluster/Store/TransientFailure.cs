using AttentionCluster.Core.Formats;

namespace AttentionCluster.Cluster.Store;

/// <summary>
/// Troubles of disks and of descriptors that pass: a full disk gets room again, and descriptors are given back. What was to be done is
/// tried again with backoff, because a job that is computed must not end for them.
/// </summary>
internal static class TransientFailure
{
    /// <summary>The first delay; each further one is twice as long, up to the longest.</summary>
    private static readonly TimeSpan s_delayMin = TimeSpan.FromMilliseconds(50), s_delayMax = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Numbers of Unix errors that stay as they are: EIO (after which nobody knows what is on the disk), EEXIST, ENOTDIR, EISDIR, EFBIG,
    /// EROFS, ENAMETOOLONG and ELOOP.
    /// </summary>
    private static readonly HashSet<int> s_lastingErrors = [5, 17, 20, 21, 27, 30, 36, 40];

    /// <summary>Whether the same may succeed a little later. That includes whatever is not known to last.</summary>
    public static bool Is(Exception problem) =>
        problem is IOException
            and not (FileNotFoundException or DirectoryNotFoundException or PathTooLongException or EndOfStreamException
            or TensorFormatException)
        && (OperatingSystem.IsWindows() || !s_lastingErrors.Contains(problem.HResult));

    /// <summary>Does something on the thread pool, again and again while a trouble passes.</summary>
    /// <param name="work">What can be done twice.</param>
    /// <param name="patience">How long it is tried.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="cancellationToken">Stops between two times.</param>
    /// <exception cref="IOException">The trouble has lasted as long as that, or will not pass.</exception>
    public static async Task<T> RetryAsync<T>(Func<T> work, TimeSpan patience, TimeProvider clock, CancellationToken cancellationToken)
    {
        long begin = clock.GetTimestamp();
        for (TimeSpan delay = s_delayMin; ; delay = delay * 2 < s_delayMax ? delay * 2 : s_delayMax)
        {
            try
            {
                return await Task.Run(work, cancellationToken).ConfigureAwait(false);
            }
            catch (IOException problem) when (Is(problem) && clock.GetElapsedTime(begin) + delay <= patience)
            {
                await Task.Delay(delay, clock, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc cref="RetryAsync{T}"/>
    public static Task RetryAsync(Action work, TimeSpan patience, TimeProvider clock, CancellationToken cancellationToken) => RetryAsync(
        () =>
        {
            work();
            return true;
        },
        patience,
        clock,
        cancellationToken);
}
