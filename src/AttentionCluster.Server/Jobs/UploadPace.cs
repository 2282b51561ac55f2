namespace AttentionCluster.Server.Jobs;

/// <summary>
/// How fast a body arrives. No clock: times come in, and are those of a clock that nobody sets. What counts is the last second or two,
/// because a body that began fast may have come to a stop. Safe for several threads at once.
/// </summary>
internal sealed class UploadPace
{
    /// <summary>Nothing is said of a shorter time, and a body of which nothing has come for so long has stopped.</summary>
    private static readonly TimeSpan s_measured = TimeSpan.FromSeconds(1);

    /// <summary>A body that takes no longer than this to end holds nobody up.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>Bytes a second from which a body is as fast as the networks of honest clients are, however long it is.</summary>
    private const double FastEnough = 1 << 20;

    private readonly Lock _lock = new();
    private readonly long _length;
    private readonly TimeSpan _begin;
    private (TimeSpan Time, long Bytes) _before;
    private (TimeSpan Time, long Bytes) _last;
    private TimeSpan _changed;
    private long _arrived;

    /// <param name="length">Bytes of the whole body.</param>
    /// <param name="begin">When its first bytes had arrived.</param>
    internal UploadPace(long length, TimeSpan begin) => (_length, _begin, _before, _last, _changed) =
        (length, begin, (begin, 0), (begin, 0), begin);

    /// <summary>So many bytes have arrived, all in all.</summary>
    internal void Reach(long bytes, TimeSpan now)
    {
        lock (_lock)
        {
            if (bytes == _arrived)
                return;
            if (now - _last.Time >= s_measured)
                (_before, _last) = (_last, (now, _arrived));
            (_arrived, _changed) = (bytes, now);
        }
    }

    /// <summary>Bytes a second.</summary>
    internal double Rate(TimeSpan now)
    {
        lock (_lock)
        {
            if (now - _changed >= s_measured)
                return 0;
            (TimeSpan time, long bytes) = now - _last.Time >= s_measured ? _last : _before;
            return now <= time ? double.PositiveInfinity : (_arrived - bytes) / (now - time).TotalSeconds;
        }
    }

    /// <summary>Whether it is so slow that it has to give way when there is no other place.</summary>
    internal bool IsSlow(TimeSpan now)
    {
        lock (_lock)
        {
            return now - _begin >= s_measured
                && Rate(now) is < FastEnough and double rate
                && _length - _arrived > rate * s_patience.TotalSeconds;
        }
    }
}
