using AttentionCluster.Core.Measuring;

namespace AttentionCluster.Core.Tests.Measuring;

public class TurnsTests
{
    [Fact]
    public void Measurements_take_turns_and_each_has_its_own_median()
    {
        var order = new List<char>();
        double[] results = [5, 1, 9];

        double[] medians = Turns.Medians(
            3,
            default,
            () =>
            {
                order.Add('a');
                return results[(order.Count - 1) / 2];
            },
            () =>
            {
                order.Add('b');
                return 7;
            });

        Assert.Equal("ababab", string.Concat(order));
        Assert.Equal([5, 7], medians);
    }

    [Fact]
    public void Nothing_is_measured_after_a_cancellation()
    {
        using var cancelling = new CancellationTokenSource();
        int measured = 0;

        Assert.Throws<OperationCanceledException>(() => Turns.Medians(10, cancelling.Token, () =>
        {
            cancelling.Cancel();
            return ++measured;
        }));
        Assert.Equal(1, measured);
    }

    [Fact]
    public void Work_that_is_longer_than_the_warm_up_is_done_once()
    {
        int runs = 0;

        Turns.WarmUp(
            () =>
            {
                runs++;
                long end = Environment.TickCount64 + 500;
                while (Environment.TickCount64 < end)
                    Thread.SpinWait(1000);
            },
            default);

        Assert.Equal(1, runs);
    }
}
