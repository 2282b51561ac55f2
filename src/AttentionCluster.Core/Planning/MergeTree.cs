using AttentionCluster.Core.Attention;

namespace AttentionCluster.Core.Planning;

/// <summary>
/// The canonical merge tree of one query block, and how far its merging has come. A node of level <c>L</c> and index <c>x</c> covers
/// the segments from <c>x * 2^L</c> up to <c>(x + 1) * 2^L</c>; so the tree follows from segment numbers alone, and stays the
/// same when a context grows. Partials join only with their sibling, in whatever order they arrive: hence the same bits.
/// </summary>
/// <remarks>
/// A segment that the plan skips is the empty partial, the identity of merging: a node whose sibling is skipped whole
/// moves up as it is.
/// </remarks>
public sealed class MergeTree
{
    private readonly KeyRange _segments;
    private readonly int[]? _tasks;
    private readonly int _levels;

    /// <summary>Complete nodes that wait for their sibling, with the lowest segment that they cover.</summary>
    private readonly Dictionary<(int Level, int Index), int> _waiting = [];

    private readonly HashSet<int> _seen = [];

    /// <summary>A tree over the segments of a block.</summary>
    /// <param name="segments">The segments that have a task: a range of segment numbers, not empty.</param>
    public MergeTree(KeyRange segments)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(segments.Count, 1, nameof(segments));
        _segments = segments;
        while ((segments.Start >> _levels) != ((segments.End - 1) >> _levels))
            _levels++;
    }

    /// <summary>A tree over segments of a block that need not follow one another.</summary>
    /// <param name="segments">The segments that have a task, ascending; not empty.</param>
    public MergeTree(IReadOnlyList<int> segments)
        : this(new KeyRange(segments[0], segments[^1] + 1)) => _tasks = [.. segments];

    /// <summary>Levels above the leaves of a tree over so many segments.</summary>
    public static int LevelsOf(int segments) => (int)Math.Ceiling(Math.Log2(Math.Max(1, segments)));

    /// <summary>Whether the partial of every segment has been merged into one, called by the first segment.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>
    /// Takes the partial of one segment, and says which merges are possible now, in the order in which they must be done.
    /// </summary>
    /// <returns>Empty when the partial has to wait for its sibling, or when the segment was added before.</returns>
    public IReadOnlyList<MergeStep> Add(int segment)
    {
        if (segment < _segments.Start || segment >= _segments.End || !HasTask(segment, segment + 1))
            throw new ArgumentOutOfRangeException(nameof(segment), segment, $"the block has segments {_segments}");
        if (!_seen.Add(segment))
            return [];

        var steps = new List<MergeStep>();
        int name = segment;
        int index = segment;
        for (int level = 0; level < _levels; level++, index >>= 1)
        {
            int sibling = index ^ 1;
            if (IsSkipped(level, sibling))
                continue;
            if (!_waiting.Remove((level, sibling), out int other))
            {
                _waiting.Add((level, index), name);
                return steps;
            }

            steps.Add(new MergeStep(Math.Min(name, other), Math.Max(name, other)));
            name = Math.Min(name, other);
        }

        IsComplete = true;
        return steps;
    }

    private bool IsSkipped(int level, int index) =>
        ((long)index + 1) << level <= _segments.Start || (long)index << level >= _segments.End || !HasTask(index << level, (index + 1) << level);

    /// <summary>Whether a segment from one up to, but without, another has a task.</summary>
    private bool HasTask(int first, int end)
    {
        if (_tasks is null)
            return true;
        int at = Array.BinarySearch(_tasks, first);
        at = at < 0 ? ~at : at;
        return at < _tasks.Length && _tasks[at] < end;
    }
}
