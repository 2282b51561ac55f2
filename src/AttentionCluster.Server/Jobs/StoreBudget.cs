using System.Globalization;
using AttentionCluster.Core;

namespace AttentionCluster.Server.Jobs;

/// <summary>
/// What jobs take of the store, and which results leave it: those of ended jobs go when they are too many, too old, or in the way of a
/// new job, always the one first that ended first. No clock and no file: times are those of a clock that nobody sets.
/// </summary>
/// <param name="bytesMax">Inputs and results together.</param>
/// <param name="keptMax">Ended jobs that are kept.</param>
/// <param name="ageMax">How long they are.</param>
internal sealed class StoreBudget(long bytesMax, int keptMax, TimeSpan ageMax)
{
    /// <summary>Ended jobs, the first ended first.</summary>
    private readonly List<Kept> _kept = [];

    /// <summary>Bytes of all jobs.</summary>
    internal long Bytes { get; private set; }

    /// <summary>Looks whether there is room, and takes none.</summary>
    /// <param name="bytes">What a job needs.</param>
    /// <returns>Null, or why there is none.</returns>
    internal Refusal? Check(long bytes)
    {
        if (bytes > bytesMax)
        {
            return new Refusal(ErrorCode.JobTooLarge, string.Create(
                CultureInfo.InvariantCulture, $"input and result of this job take {bytes} bytes, and the store takes {bytesMax} in all: "
                    + $"send a smaller job, or raise the store's limit"));
        }

        return Bytes - _kept.Sum(job => job.Bytes) <= bytesMax - bytes ? null : new Refusal(ErrorCode.StoreFull, string.Create(
            CultureInfo.InvariantCulture, $"this job's input and result need {bytes} bytes more, and jobs that have not ended leave too "
                + $"little of the {bytesMax} that the store takes: send it again when some have"));
    }

    /// <summary>Takes room for a part of a job, or all of it.</summary>
    /// <param name="bytes">Of its input or its result.</param>
    /// <param name="removed">Jobs that leave for it.</param>
    /// <returns>Null, or why there is no room.</returns>
    internal Refusal? Take(long bytes, out IReadOnlyList<string> removed)
    {
        removed = [];
        if (Check(bytes) is { } refusal)
            return refusal;
        var leaving = new List<string>();
        while (Bytes > bytesMax - bytes)
            leaving.Add(RemoveFirst());
        removed = leaving;
        Bytes += bytes;
        return null;
    }

    /// <summary>A job that was accepted elsewhere has its room, whether there is any or not.</summary>
    internal void TakeOver(long bytes) => Bytes += bytes;

    /// <summary>Gives room back.</summary>
    internal void Return(long bytes) => Bytes -= bytes;

    /// <summary>A job has ended, and of its room these bytes stay in use.</summary>
    internal void Keep(string id, long bytes, TimeSpan ended) =>
        _kept.Insert(_kept.FindLastIndex(job => job.Ended <= ended) + 1, new Kept(id, bytes, ended));

    /// <summary>Of a job that has ended fewer bytes stay in use from now on.</summary>
    internal void Shrink(string id, long bytes)
    {
        int at = _kept.FindIndex(job => job.Id == id);
        if (at < 0)
            return;
        Bytes -= _kept[at].Bytes - bytes;
        _kept[at] = _kept[at] with { Bytes = bytes };
    }

    /// <summary>An ended job is removed by its owner.</summary>
    internal void Remove(string id)
    {
        int at = _kept.FindIndex(job => job.Id == id);
        if (at < 0)
            return;
        Bytes -= _kept[at].Bytes;
        _kept.RemoveAt(at);
    }

    /// <summary>Removes those that are too many or too old.</summary>
    internal IReadOnlyList<string> RemoveOverdue(TimeSpan now)
    {
        var leaving = new List<string>();
        while (_kept.Count > 0 && (_kept.Count > keptMax || now - _kept[0].Ended > ageMax))
            leaving.Add(RemoveFirst());
        return leaving;
    }

    private string RemoveFirst()
    {
        Kept first = _kept[0];
        _kept.RemoveAt(0);
        Bytes -= first.Bytes;
        return first.Id;
    }

    private sealed record Kept(string Id, long Bytes, TimeSpan Ended);
}
