namespace AttentionCluster.Cluster.Jobs;

/// <summary>
/// Which homes a job asks for, and when: of all its segments once, of one that has none again and again, and of all that have work left for a while
/// after workers have come or gone, because the shards move then. To ask costs a small message, and the same answer twice changes nothing.
/// </summary>
/// <param name="segments">Those worth a home.</param>
/// <param name="schedule">Knows the homes.</param>
internal sealed class HomeSearch(IReadOnlyList<SegmentId> segments, TaskSchedule schedule)
{
    private static readonly TimeSpan s_intervalWithoutHome = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_intervalAfterChange = TimeSpan.FromSeconds(5);

    /// <summary>Sharding looks every ten seconds what to move, and moves a few shards at a time.</summary>
    private static readonly TimeSpan s_changeLasts = TimeSpan.FromMinutes(1);

    private TimeSpan? _askedAt;
    private TimeSpan _askedAllAt;
    private TimeSpan _changedAt;

    internal IReadOnlyList<SegmentId> Segments => segments;

    /// <summary>Asks for all from now on.</summary>
    /// <returns>Those to ask for, all the first time and none after that.</returns>
    internal IReadOnlyList<SegmentId> Begin(TimeSpan now)
    {
        if (_askedAt is not null)
            return [];
        (_askedAt, _askedAllAt, _changedAt) = (now, now, now - s_changeLasts);
        return segments;
    }

    /// <summary>A worker has come, or gone.</summary>
    internal void Changed(TimeSpan now) => _changedAt = now;

    /// <summary>Those to ask for now.</summary>
    internal IReadOnlyList<SegmentId> Due(TimeSpan now)
    {
        if (_askedAt is not { } asked || now - asked < s_intervalWithoutHome)
            return [];
        _askedAt = now;
        bool isAll = now - _changedAt < s_changeLasts && now - _askedAllAt >= s_intervalAfterChange;
        if (isAll)
            _askedAllAt = now;
        return [.. segments.Where(segment => !schedule.HasHome(segment) || (isAll && schedule.HasWaiting(segment)))];
    }
}
