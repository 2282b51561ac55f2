using System.Text;
using AttentionCluster.Server.Jobs;

namespace AttentionCluster.Server.Tests.Jobs;

/// <summary>The queue's decisions, as transcripts: what happens on the left, what starts on the right.</summary>
public sealed class JobQueueTests
{
    [Fact]
    public void Jobs_start_in_order_as_places_become_free() => AssertTranscript(
        new QueueLimits(RunningMax: 2, StoredMax: 10, CallsMax: 10, SmallWorkMax: 5),
        """
        small a -> a
        small b -> b
        small c ->
        call d ->
        end b -> c
        end a -> d
        end a ->
        """);

    [Fact]
    public void One_place_is_kept_for_small_jobs_which_overtake_into_it() => AssertTranscript(
        new QueueLimits(RunningMax: 3, StoredMax: 10, CallsMax: 10, SmallWorkMax: 5),
        """
        large a -> a
        large b -> b
        large c ->
        large d ->
        small e -> e
        small f ->
        end e -> f
        end a -> c
        """);

    [Fact]
    public void A_large_job_waits_for_no_small_one_that_came_after_it_once_it_may_run() => AssertTranscript(
        new QueueLimits(RunningMax: 3, StoredMax: 10, CallsMax: 10, SmallWorkMax: 5),
        """
        small a -> a
        small b -> b
        small c -> c
        small d ->
        large e ->
        small f ->
        small g ->
        end a -> d
        end b -> e
        end c -> f
        """);

    [Fact]
    public void With_one_place_nobody_overtakes() => AssertTranscript(
        new QueueLimits(RunningMax: 1, StoredMax: 10, CallsMax: 10, SmallWorkMax: 5),
        """
        large a -> a
        large b ->
        small c ->
        end a -> b
        end b -> c
        """);

    [Fact]
    public void A_waiting_job_that_is_removed_never_starts() => AssertTranscript(
        new QueueLimits(RunningMax: 1, StoredMax: 10, CallsMax: 10, SmallWorkMax: 5),
        """
        small a -> a
        small b ->
        small c ->
        remove b ->
        end a -> c
        """);

    [Fact]
    public void Places_are_bounded_for_each_kind_and_are_free_again_when_a_job_starts_or_does_not_arrive()
    {
        var queue = new JobQueue(new QueueLimits(RunningMax: 1, StoredMax: 2, CallsMax: 1, SmallWorkMax: 5));

        Assert.True(queue.TryReserve(JobKind.Stored));
        Assert.True(queue.TryReserve(JobKind.Stored));
        Assert.False(queue.TryReserve(JobKind.Stored));
        Assert.True(queue.TryReserve(JobKind.Call));
        Assert.False(queue.TryReserve(JobKind.Call));
        Assert.Equal(["a"], queue.Enqueue("a", JobKind.Stored, 1));
        Assert.True(queue.TryReserve(JobKind.Stored));
        Assert.Empty(queue.Enqueue("b", JobKind.Stored, 1));
        Assert.False(queue.TryReserve(JobKind.Stored));
        queue.Release(JobKind.Stored);
        Assert.True(queue.TryReserve(JobKind.Stored));
        Assert.True(queue.Remove("b"));
        Assert.False(queue.Remove("b"));
        Assert.True(queue.TryReserve(JobKind.Stored));
        Assert.False(queue.TryReserve(JobKind.Stored));
    }

    [Fact]
    public void A_position_counts_those_that_were_accepted_before()
    {
        var queue = new JobQueue(new QueueLimits(RunningMax: 1, StoredMax: 9, CallsMax: 9, SmallWorkMax: 5));
        foreach (string id in (string[])["a", "b", "c"])
        {
            queue.TryReserve(JobKind.Stored);
            queue.Enqueue(id, JobKind.Stored, 1);
        }

        Assert.Equal([null, 1, 2, null], new[] { "a", "b", "c", "d" }.Select(queue.PositionOf));
    }

    /// <summary>
    /// Whatever comes, no more run than may, a place stays for small jobs, and everything that was accepted starts in the end.
    /// </summary>
    [Fact]
    public void No_order_of_events_breaks_the_bounds_or_leaves_a_job_behind()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var limits = new QueueLimits(random.Next(1, 5), 50, 50, 5);
            var queue = new JobQueue(limits);
            var running = new List<string>();
            var waiting = new List<string>();
            for (int i = 0; i < 200 || waiting.Count + running.Count > 0; i++)
            {
                IReadOnlyList<string> started = [];
                if (i < 200 && random.Next(2) == 0 && queue.TryReserve(JobKind.Stored))
                {
                    bool isLarge = random.Next(2) == 0;
                    string id = (isLarge ? "large" : "small") + i;
                    waiting.Add(id);
                    started = queue.Enqueue(id, JobKind.Stored, isLarge ? 6 : 5);
                }
                else if (running.Count > 0)
                {
                    string ended = running[random.Next(running.Count)];
                    running.Remove(ended);
                    started = queue.End(ended);
                }

                running.AddRange(started);
                Assert.All(started, id => Assert.True(waiting.Remove(id)));
                Assert.Equal(waiting, queue.WaitingIds);
                Assert.Equal(running.Count, queue.RunningCount);
                Assert.InRange(running.Count, 0, limits.RunningMax);
                Assert.InRange(running.Count(id => id.StartsWith("large", StringComparison.Ordinal)), 0, limits.LargeRunningMax);
                Assert.True(running.Count == limits.RunningMax || !waiting.Exists(id => id.StartsWith("small", StringComparison.Ordinal)),
                    $"seed {seed}: a small job waits while a place is free");
            }
        }
    }

    private static void AssertTranscript(QueueLimits limits, string transcript)
    {
        var queue = new JobQueue(limits);
        var actual = new StringBuilder();
        foreach (string line in transcript.Split('\n'))
        {
            string[] words = line.Split(' ');
            IReadOnlyList<string> started = words[0] switch
            {
                "end" => queue.End(words[1]),
                "remove" => queue.Remove(words[1]) ? [] : ["?"],
                _ => Accept(queue, words[1], words[0] == "call" ? JobKind.Call : JobKind.Stored, words[0] == "large" ? 6 : 5),
            };
            actual.Append($"{words[0]} {words[1]} -> {string.Join(' ', started)}".TrimEnd()).Append('\n');
        }

        Assert.Equal(transcript, actual.ToString().TrimEnd('\n'));
    }

    private static IReadOnlyList<string> Accept(JobQueue queue, string id, JobKind kind, double work)
    {
        Assert.True(queue.TryReserve(kind));
        return queue.Enqueue(id, kind, work);
    }
}
