namespace AttentionCluster.Core.Measuring;

/// <summary>How fast the threads of a team are when all of them work at the same time.</summary>
internal static class SideBySide
{
    /// <summary>How long a core is kept busy first: it takes some milliseconds to wake up and to reach its clock rate.</summary>
    private static readonly TimeSpan s_warmUp = TimeSpan.FromMilliseconds(5);

    /// <summary>How long each thread works at least: starting together and reading the clock are nothing against it.</summary>
    private static readonly TimeSpan s_time = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// The sum over the threads of each one's own rate. They warm up until the last has arrived, start together, and each times
    /// itself: neither waking up nor waiting for another is inside the time.
    /// </summary>
    /// <param name="team">The threads.</param>
    /// <param name="clock">Times each of them.</param>
    /// <param name="warmUp">A short piece of the same work; is given the number of its thread.</param>
    /// <param name="work">Does a piece of the work, and says how much it was; as often as the time asks for.</param>
    /// <returns>Units of work a second.</returns>
    public static double Rate(ThreadTeam team, TimeProvider clock, Action<int> warmUp, Func<int, double> work)
    {
        double[] rates = new double[team.Threads];
        int awaited = team.Threads;
        team.Run(thread =>
        {
            long start = clock.GetTimestamp();
            while (clock.GetElapsedTime(start) < s_warmUp)
                warmUp(thread);
            Interlocked.Decrement(ref awaited);
            while (Volatile.Read(ref awaited) > 0)
                warmUp(thread);
            start = clock.GetTimestamp();
            double done = 0;
            do
            {
                done += work(thread);
            }
            while (clock.GetElapsedTime(start) < s_time);
            rates[thread] = done / clock.GetElapsedTime(start).TotalSeconds;
        });
        return rates.Sum();
    }
}
