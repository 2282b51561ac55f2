using AttentionCluster.Core.Api;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace AttentionCluster.Cli.Attend;

/// <summary>A job's progress on a terminal: bar, rate and time left. It is drawn on standard error.</summary>
internal sealed class ProgressBar : IProgress<JobProgress>
{
    private readonly ProgressTask _task;
    private readonly ProgressRate _rate;

    private ProgressBar(ProgressTask task, ProgressRate rate) => (_task, _rate) = (task, rate);

    /// <summary>Runs <paramref name="work"/> with a bar, or without one when nobody would see it.</summary>
    public static Task<T> ShowAsync<T>(bool visible, TimeProvider clock, Func<ProgressBar?, Task<T>> work)
    {
        if (!visible)
            return work(null);

        var rate = new ProgressRate(clock);
        IAnsiConsole terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return terminal.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RateColumn(rate))
            .StartAsync(context => work(new ProgressBar(context.AddTask("starting"), rate)));
    }

    /// <inheritdoc/>
    public void Report(JobProgress value)
    {
        _rate.Add(value);
        _task.Description = value.State.ToString().ToLowerInvariant();
        _task.Value = value.FlopsTotal == 0 ? 0 : _task.MaxValue * value.FlopsDone / value.FlopsTotal;
    }

    /// <summary>Shows how much of so many bytes has been sent.</summary>
    public IProgress<long> Sending(long bytes) => new Relay<long>(sent =>
    {
        _task.Description = "sending";
        _task.Value = Math.Min(_task.MaxValue, _task.MaxValue * sent / bytes);
    });

    /// <summary>Shows a job of a server.</summary>
    public IProgress<JobDocument> Following() => new Relay<JobDocument>(job => Report(new JobProgress(
        job.State, job.Progress.TasksDone, job.Progress.Tasks, job.Progress.FlopsDone, job.Progress.Flops)));

    /// <summary>Unlike <see cref="Progress{T}"/>, in order.</summary>
    private sealed class Relay<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }

    private sealed class RateColumn(ProgressRate rate) : ProgressColumn
    {
        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(rate.ToString());
    }
}
