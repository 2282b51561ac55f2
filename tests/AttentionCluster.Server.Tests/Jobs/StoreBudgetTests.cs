using AttentionCluster.Core;
using AttentionCluster.Server.Jobs;

namespace AttentionCluster.Server.Tests.Jobs;

/// <summary>What jobs take of the store, and which results leave it.</summary>
public sealed class StoreBudgetTests
{
    private static readonly TimeSpan Noon = TimeSpan.FromHours(12);

    private readonly StoreBudget _budget = new(bytesMax: 100, keptMax: 3, ageMax: TimeSpan.FromHours(1));

    [Fact]
    public void What_can_never_fit_is_too_large() =>
        Assert.Equal("job-too-large", _budget.Take(101, out _)!.Code.Name());

    [Fact]
    public void Jobs_at_work_keep_their_room()
    {
        Assert.Null(_budget.Take(60, out _));
        Assert.Equal("store-full", _budget.Take(41, out IReadOnlyList<string> removed)!.Code.Name());
        Assert.Empty(removed);

        _budget.Return(60);
        Assert.Null(_budget.Take(100, out _));
        Assert.Equal(100, _budget.Bytes);
    }

    [Fact]
    public void The_first_ended_leave_for_a_new_job_and_no_more_than_must()
    {
        foreach (string id in (string[])["a", "b", "c"])
            Keep(id, 30, Noon);

        Assert.Null(_budget.Take(35, out IReadOnlyList<string> removed));

        Assert.Equal(["a"], removed);
        Assert.Equal(95, _budget.Bytes);
    }

    [Fact]
    public void Nobody_leaves_when_it_would_not_help()
    {
        Keep("a", 30, Noon);
        Assert.Null(_budget.Take(50, out _));

        Assert.Equal("store-full", _budget.Take(60, out IReadOnlyList<string> removed)!.Code.Name());
        Assert.Empty(removed);
    }

    [Fact]
    public void Those_that_are_too_many_or_too_old_leave()
    {
        foreach (string id in (string[])["a", "b", "c", "d"])
            Keep(id, 10, Noon);
        Keep("e", 10, Noon + TimeSpan.FromMinutes(1));

        Assert.Equal(["a", "b"], _budget.RemoveOverdue(Noon));
        Assert.Empty(_budget.RemoveOverdue(Noon + TimeSpan.FromHours(1)));
        Assert.Equal(["c", "d"], _budget.RemoveOverdue(Noon + TimeSpan.FromSeconds(3601)));
        Assert.Equal(10, _budget.Bytes);
    }

    [Fact]
    public void What_its_owner_removes_gives_its_room_back_once()
    {
        Keep("a", 40, Noon);
        _budget.Remove("a");
        _budget.Remove("a");

        Assert.Equal(0, _budget.Bytes);
    }

    private void Keep(string id, long bytes, TimeSpan ended)
    {
        Assert.Null(_budget.Take(bytes, out _));
        _budget.Keep(id, bytes, ended);
    }
}
