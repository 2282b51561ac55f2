using System.Diagnostics;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Attend;

public sealed class InterruptionTests : IDisposable
{
    /// <summary>The promise is one second; a busy test machine gets more.</summary>
    private static readonly TimeSpan s_endsWithin = TimeSpan.FromSeconds(3);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData(Signal.Interrupt)]
    [InlineData(Signal.Terminate)]
    public void A_signal_in_the_middle_of_a_job_ends_it_and_leaves_nothing(int signal)
    {
        Signal.Require(signal);
        // 35 TFLOP over 400 MB of tensors: two minutes for two cores.
        using Process process = Attn.Start(
            _folder, [], "attend", "--random", "1,1,262144,128", "-o", "out.safetensors", "--threads", "2", "--quiet");

        // The result's file is made when the job starts; a second of processor time later tasks are being computed.
        WaitUntil(() => Directory.EnumerateFiles(_folder.Path, "result.safetensors", SearchOption.AllDirectories).Any());
        TimeSpan started = process.TotalProcessorTime;
        WaitUntil(() => process.TotalProcessorTime > started + TimeSpan.FromSeconds(1));
        var clock = Stopwatch.StartNew();
        Signal.Send(process, signal);

        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(20)), "the process goes on");
        Assert.True(clock.Elapsed < s_endsWithin, $"it took {clock.Elapsed}");
        Assert.Equal(130, process.ExitCode);
        Assert.False(File.Exists(_folder.File("out.safetensors")));
        Assert.Empty(_folder.Leftovers());
    }

    [SkippableFact]
    public void A_signal_while_the_node_starts_leaves_nothing()
    {
        Signal.Require(Signal.Terminate);
        using Process process = Attn.Start(_folder, [], "attend", "--random", "1,8,4096,128", "-o", "out.safetensors", "--quiet");

        WaitUntil(() => _folder.Leftovers().Any());
        Signal.Send(process, Signal.Terminate);

        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(20)), "the process goes on");
        Assert.Equal(130, process.ExitCode);
        Assert.False(File.Exists(_folder.File("out.safetensors")));
        Assert.Empty(_folder.Leftovers());
    }

    private static void WaitUntil(Func<bool> condition) =>
        Assert.True(SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(60)), "the job did not get that far");
}
