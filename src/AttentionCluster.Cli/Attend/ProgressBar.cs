using AttentionCluster.Core.Reports;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace AttentionCluster.Cli.Attend;

/// <summary>A job's progress on a terminal: bar, rate and time left. It is drawn on standard error.</summary>
internal sealed class ProgressBar : IProgress<JobProgress>
{
    private const double FlopsPerGflop = 1e9;

    private readonly ProgressTask _task;

    private ProgressBar(ProgressTask task) => _task = task;

    /// <summary>Runs <paramref name="work"/> with a bar, or without one when nobody would see it.</summary>
    public static Task<T> ShowAsync<T>(bool visible, Func<IProgress<JobProgress>?, Task<T>> work)
    {
        if (!visible)
            return work(null);

        IAnsiConsole terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return terminal.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RateColumn(), new RemainingTimeColumn())
            .StartAsync(context => work(new ProgressBar(context.AddTask("starting", maxValue: double.PositiveInfinity))));
    }

    /// <inheritdoc/>
    public void Report(JobProgress value)
    {
        _task.Description = value.State.ToString().ToLowerInvariant();
        _task.MaxValue = value.FlopsTotal / FlopsPerGflop;
        _task.Value = value.FlopsDone / FlopsPerGflop;
    }

    private sealed class RateColumn : ProgressColumn
    {
        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(task.Speed is { } gflops ? $"{gflops:0} GFLOP/s" : "");
    }
}
