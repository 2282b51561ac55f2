namespace AttentionCluster.Chaos.Network;

/// <summary>
/// Which nodes are cut off, how late bytes are, and which are changed: what every proxy asks before it passes something on.
/// </summary>
internal sealed class NetworkFaults
{
    /// <summary>
    /// Of so many chunks of tensor bytes one is changed: often enough to be met by each job, seldom enough for it to get on.
    /// </summary>
    private const int ChunksPerTampering = 16;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _isolated = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TimeSpan> _delays = new(StringComparer.Ordinal);
    private readonly HashSet<string> _tampered = new(StringComparer.Ordinal);
    private int _chunksSinceTampering;
    private TaskCompletionSource _change = NewChange();

    /// <summary>Nothing passes between this node and any other, both ways, until it is healed.</summary>
    public void Isolate(string node) => Change(() => _isolated.Add(node));

    /// <summary>Everything that goes to this node or comes from it is late by so much, until it is healed.</summary>
    public void Delay(string node, TimeSpan delay) => Change(() => _delays[node] = delay);

    /// <summary>
    /// A bit is changed now and then in what goes to the data plane of this node, and in its answers, until it is healed.
    /// </summary>
    public void Tamper(string node) => Change(() => _tampered.Add(node));

    /// <summary>The node is reached again, at once, and by what was sent.</summary>
    public void Heal(string node) => Change(() => _ = _isolated.Remove(node) | _delays.Remove(node) | _tampered.Remove(node));

    /// <summary>Chunks that were changed until now.</summary>
    public int Tamperings { get; private set; }

    /// <summary>Whether the next chunk of tensor bytes to or from a node's data plane is to be changed.</summary>
    public bool IsNextTampered(string node)
    {
        lock (_gate)
        {
            if (!_tampered.Contains(node) || ++_chunksSinceTampering < ChunksPerTampering)
                return false;
            (_chunksSinceTampering, Tamperings) = (0, Tamperings + 1);
            return true;
        }
    }

    /// <summary>How late bytes between two nodes are.</summary>
    /// <param name="from">Null for a process that is no node; asked for only while something is late, because finding it out takes
    /// milliseconds.</param>
    /// <param name="to">The other node.</param>
    public TimeSpan DelayBetween(Lazy<string?> from, string to)
    {
        lock (_gate)
        {
            if (_delays.Count == 0)
                return TimeSpan.Zero;
        }

        string? caller = from.Value;
        lock (_gate)
            return new[] { Of(caller), Of(to) }.Max();

        TimeSpan Of(string? node) => node is null ? TimeSpan.Zero : _delays.GetValueOrDefault(node);
    }

    /// <summary>Waits while one of the two is cut off.</summary>
    /// <param name="from">Null for a process that is no node; asked for only while somebody is cut off.</param>
    /// <param name="to">The other node.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task WaitUntilOpenAsync(Lazy<string?> from, string to, CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_isolated.Count == 0)
                    return;
            }

            string? caller = from.Value;
            Task change;
            lock (_gate)
            {
                if (caller == to || !(_isolated.Contains(to) || (caller is not null && _isolated.Contains(caller))))
                    return;
                change = _change.Task;
            }

            await change.WaitAsync(cancellationToken);
        }
    }

    private void Change(Action change)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            change();
            changed = _change;
            _change = NewChange();
        }

        changed.SetResult();
    }

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
