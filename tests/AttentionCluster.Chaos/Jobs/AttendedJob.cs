using System.Diagnostics;
using System.Text.Json;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.Chaos.Jobs;

/// <summary>
/// A job sent and fetched by the process <c>attn attend --server</c>, which has to live through what happens to its servers.
/// </summary>
internal sealed class AttendedJob(JobWork work, WorkFiles files, IReadOnlyList<Uri> gateways, Action<string> note) : IRunningJob
{
    private string _standing = "not started";

    /// <inheritdoc/>
    public JobWork Work => work;

    /// <inheritdoc/>
    public string? Id => Report?.GetProperty("id").GetString();

    /// <inheritdoc/>
    public string Standing => $"attn attend: {_standing}";

    /// <inheritdoc/>
    public JsonElement? Report { get; private set; }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken)
    {
        string output = files.NewResultPath();
        string[] arguments =
        [
            "attend", "--server", string.Join(',', gateways.Select(gateway => gateway.GetLeftPart(UriPartial.Authority))),
            "--input", files.Input(work), .. work.Arguments, "--json", "-o", output,
        ];
        using Process process = Attn.Start(files.Folder, [], arguments);
        try
        {
            _standing = "running";
            note($"attn attend: {work}");
            return await RunAsync(process, output, cancellationToken);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
            File.Delete(output);
        }
    }

    private async Task<IReadOnlyList<string>> RunAsync(Process process, string output, CancellationToken cancellationToken)
    {
        Task<string> printed = process.StandardOutput.ReadToEndAsync(cancellationToken);
        Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        _standing = $"ended with {process.ExitCode}";
        note(Standing);
        if (process.ExitCode != 0)
            return [$"{Standing}: {await printed}{await errors}"];
        Report = JsonDocument.Parse(await printed).RootElement;
        ResultHashes expected = files.Expected(work);
        return
        [
            .. new[] { ("report", ResultHashes.OfReport(Report.Value)), ("result", ResultHashes.OfFile(output)) }
                .Where(found => found.Item2 != expected)
                .Select(found => $"attn attend: WRONG BITS in the {found.Item1}: {found.Item2} instead of {expected}"),
        ];
    }
}
