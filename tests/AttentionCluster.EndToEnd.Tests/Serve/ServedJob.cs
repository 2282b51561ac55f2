using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Serve;

/// <summary>
/// A job with some hundred tasks, so that there is time for something to happen in the middle, sent to real nodes by a real <c>attn
/// attend</c>.
/// </summary>
internal sealed class ServedJob : IDisposable
{
    /// <summary>Longer than anything that must come takes on a busy machine.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);

    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(20);

    private static readonly string[] s_arguments =
        ["attend", "--random", "1,8:2,4096,128", "--causal", "--kernel", "portable", "--keys-per-segment", "512", "--rows-per-block",
            "128", "--json"];

    private readonly TemporaryFolder _folder = new();
    private readonly Process _attend;

    private ServedJob(string servers) => _attend = Attn.Start(_folder, [], [.. s_arguments, "--server", servers]);

    /// <summary>Sends the job, and waits until it is in its middle.</summary>
    /// <param name="gateway">The one that gets it.</param>
    /// <param name="others">The others that <c>attn attend</c> may ask.</param>
    internal static async Task<ServedJob> BeginAsync(ServeProcess gateway, params ServeProcess[] others)
    {
        var job = new ServedJob(string.Join(',', others.Prepend(gateway).Select(node => node.Url)));
        try
        {
            await UntilAsync(async () => await TasksDoneAsync(gateway) is > 30);
            return job;
        }
        catch
        {
            job.Dispose();
            throw;
        }
    }

    /// <summary>Waits for the end, which must be that of an undisturbed job, to the bit.</summary>
    /// <returns>The report.</returns>
    internal async Task<JsonElement> SucceedAsync()
    {
        Task<string> written = _attend.StandardOutput.ReadToEndAsync();
        Task<string> error = _attend.StandardError.ReadToEndAsync();
        await _attend.WaitForExitAsync().WaitAsync(s_patience);
        JsonElement report = new AttnResult(_attend.ExitCode, await written, await error).Expect(0).Json;
        JsonElement undisturbed = Attn.Run(_folder, s_arguments).Expect(0).Json;
        foreach (string hash in new[] { "output_sha256", "lse_sha256" })
            Assert.Equal(undisturbed.GetProperty(hash).GetString(), report.GetProperty(hash).GetString());
        return report;
    }

    /// <summary>Of a gateway's first job; null while it has none.</summary>
    internal static async Task<int?> TasksDoneAsync(ServeProcess gateway)
    {
        JsonElement jobs = (await gateway.Http.GetFromJsonAsync<JsonElement>("/v1/jobs")).GetProperty("jobs");
        return jobs.GetArrayLength() == 0 ? null : jobs[0].GetProperty("progress").GetProperty("tasks_done").GetInt32();
    }

    /// <summary>Looks again and again.</summary>
    internal static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(s_patience);
        while (!await condition())
            await Task.Delay(s_pollInterval, limit.Token);
    }

    public void Dispose()
    {
        if (!_attend.HasExited)
            _attend.Kill();
        _attend.WaitForExit();
        _attend.Dispose();
        _folder.Dispose();
    }
}
