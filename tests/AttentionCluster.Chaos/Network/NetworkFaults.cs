namespace AttentionCluster.Chaos.Network;

/// <summary>Which nodes are cut off, and how late bytes are: what every proxy asks before it passes something on.</summary>
internal sealed class NetworkFaults
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _isolated = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TimeSpan> _delays = new(StringComparer.Ordinal);
    private TaskCompletionSource _change = NewChange();

    /// <summary>Nothing passes between this node and any other, both ways, until it is healed.</summary>
    public void Isolate(string node) => Change(() => _isolated.Add(node));

    /// <summary>Everything that goes to this node or comes from it is late by so much, until it is healed.</summary>
    public void Delay(string node, TimeSpan delay) => Change(() => _delays[node] = delay);

    /// <summary>The node is reached again, and at once.</summary>
    public void Heal(string node) => Change(() => _ = _isolated.Remove(node) | _delays.Remove(node));

    /// <summary>How late bytes between two nodes are.</summary>
    /// <param name="from">Null for a process that is no node.</param>
    /// <param name="to">The other node.</param>
    public TimeSpan DelayBetween(string? from, string to)
    {
        lock (_gate)
            return new[] { Of(from), Of(to) }.Max();

        TimeSpan Of(string? node) => node is null ? TimeSpan.Zero : _delays.GetValueOrDefault(node);
    }

    /// <summary>Waits while one of the two is cut off.</summary>
    public async Task WaitUntilOpenAsync(string? from, string to, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task change;
            lock (_gate)
            {
                if (from == to || !(_isolated.Contains(to) || (from is not null && _isolated.Contains(from))))
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
