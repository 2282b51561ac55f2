using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Tests.Jobs;

/// <summary>
/// A coordinator in a world made of one seed: answers come in any order, twice, late or as failures. A partial is an
/// expression here, so that what is merged with what, and in which order, can be read off.
/// </summary>
internal sealed class SimulatedJob(AttentionPlan plan, JobLimits limits, Faults faults, Random random)
{
    private readonly CoordinatorState _state = new(plan, limits);

    /// <summary>What will happen, in no order.</summary>
    private readonly List<Func<IReadOnlyList<JobEffect>>> _coming = [];

    /// <summary>Tasks sent and not merged, with their latest attempt.</summary>
    private readonly Dictionary<TaskId, int> _inFlight = [];

    private readonly Dictionary<TaskId, string> _partials = [];
    private readonly HashSet<TaskId> _merged = [];
    private readonly HashSet<int> _merging = [];
    private readonly HashSet<ulong> _beingPulled = [];
    private readonly HashSet<ulong> _freed = [];
    private ulong _claims;

    /// <summary>The expression that each block was written with.</summary>
    internal Dictionary<int, string> Written { get; } = [];

    /// <summary>Null until the job has ended.</summary>
    internal JobEffect? End { get; private set; }

    /// <summary>The most partials that there were at one time, at workers and at the gateway.</summary>
    internal int PartialsMax { get; private set; }

    /// <summary>Runs until nothing comes any more.</summary>
    internal SimulatedJob Run()
    {
        Apply(_state.Start());
        while (_coming.Count > 0)
        {
            int next = random.Next(_coming.Count);
            Func<IReadOnlyList<JobEffect>> happens = _coming[next];
            _coming[next] = _coming[^1];
            _coming.RemoveAt(_coming.Count - 1);
            Apply(happens());
            PartialsMax = Math.Max(PartialsMax, _inFlight.Keys.Count(task => !_partials.ContainsKey(task)) + _partials.Count);
        }

        return this;
    }

    private void Apply(IReadOnlyList<JobEffect> effects)
    {
        foreach (JobEffect effect in effects)
        {
            Assert.True(End is null || effect is JobEffect.Discard, $"{effect} after the end");
            switch (effect)
            {
                case JobEffect.Dispatch dispatch:
                    Dispatch(dispatch.Task, dispatch.Attempt);
                    break;
                case JobEffect.Pull pull:
                    Pull(pull);
                    break;
                case JobEffect.Merge merge:
                    Merge(merge);
                    break;
                case JobEffect.WriteEmpty empty:
                    Assert.True(Written.TryAdd(empty.Block, ""));
                    _coming.Add(() => _state.Merged(empty.Block, null));
                    break;
                case JobEffect.Discard discard:
                    _freed.Add(discard.Claim.Id);
                    Assert.True(End is not null || !_beingPulled.Contains(discard.Claim.Id), "bytes freed that are being pulled");
                    break;
                case JobEffect.Succeed or JobEffect.Fail:
                    End = effect;
                    break;
            }
        }
    }

    private void Dispatch(TaskId task, int attempt)
    {
        Assert.InRange(attempt, 1, limits.AttemptsMax);
        Assert.Equal(_inFlight.GetValueOrDefault(task) + 1, attempt);
        Assert.DoesNotContain(task, _merged);
        _inFlight[task] = attempt;
        QueryBlock block = plan.Block(task.Block);
        Assert.InRange(_inFlight.Count, 1, limits.TasksInFlight);
        Assert.InRange(
            _inFlight.Keys.Count(other => other.Segment == task.Segment && plan.Block(other.Block).KvHead == block.KvHead && plan.Block(other.Block).Batch == block.Batch),
            1, limits.TasksInFlightPerSegment);

        bool fails = attempt < limits.AttemptsMax ? random.NextDouble() < faults.Failure : random.NextDouble() < faults.LastFailure;
        if (fails)
            _coming.Add(() => _state.TaskFailed(task, attempt, "a fault", "worker"));

        // An answer that was taken for lost comes late, and one that was sent twice comes twice.
        for (int answers = fails ? Once(faults.Late) : 1 + Once(faults.Duplicate); answers > 0; answers--)
        {
            ulong claim = ++_claims;
            for (int deliveries = 1 + Once(faults.Redelivery); deliveries > 0; deliveries--)
                _coming.Add(() => _state.TaskDone(task, EffectTranscript.Claim(claim)));
        }
    }

    private void Pull(JobEffect.Pull pull)
    {
        Assert.Contains(pull.Task, _inFlight);
        Assert.DoesNotContain(pull.Task, _partials);
        Assert.True(_beingPulled.Add(pull.Claim.Id));
        Assert.DoesNotContain(pull.Claim.Id, _freed);
        if (_inFlight[pull.Task] < limits.AttemptsMax && random.NextDouble() < faults.Pull)
        {
            _coming.Add(() =>
            {
                _beingPulled.Remove(pull.Claim.Id);
                return _state.PullFailed(pull.Task, "a fault", "worker");
            });
            return;
        }

        _coming.Add(() =>
        {
            _beingPulled.Remove(pull.Claim.Id);
            if (End is null)
                _partials.Add(pull.Task, $"{pull.Task.Segment}");
            return _state.Pulled(pull.Task);
        });
    }

    private void Merge(JobEffect.Merge merge)
    {
        int number = merge.Task.Block;
        Assert.True(_merging.Add(number), "two merges of one block at a time");
        Assert.True(_merged.Add(merge.Task), "a task merged twice");
        _coming.Add(() =>
        {
            foreach (MergeStep step in merge.Steps)
            {
                Assert.True(_partials.Remove(new TaskId(number, step.From), out string? from));
                TaskId into = new(number, step.Into);
                _partials[into] = $"({_partials[into]}+{from})";
            }

            if (merge.CompletesBlock)
            {
                KeyRange segments = plan.Block(number).Segments;
                Assert.True(_partials.Remove(new TaskId(number, segments.Start), out string? complete));
                Assert.DoesNotContain(_partials.Keys, left => left.Block == number);
                Assert.True(Written.TryAdd(number, complete));
            }

            _merging.Remove(number);
            _inFlight.Remove(merge.Task);
            return _state.Merged(number, merge.Task);
        });
    }

    private int Once(double probability) => random.NextDouble() < probability ? 1 : 0;
}
