using AttentionCluster.Cli.Embedded;
using AttentionCluster.Cli.Inputs;
using AttentionCluster.Cli.Remote;
using AttentionCluster.Client;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Cli.Attend;

/// <summary>Runs one job on a server.</summary>
internal static class RemoteJob
{
    /// <summary>How long an interrupted command tries to end its job on the server.</summary>
    private static readonly TimeSpan s_cancelTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Sends the input, waits for the end, and brings the result.</summary>
    /// <param name="server">The server.</param>
    /// <param name="input">Q, K and V.</param>
    /// <param name="options">What to compute.</param>
    /// <param name="workspace">Takes the result; null when only the report is wanted.</param>
    /// <param name="bar">May be null.</param>
    /// <param name="error">Told what becomes of the job after an interruption.</param>
    /// <param name="cancellationToken">Cancels the job on the server as well.</param>
    /// <exception cref="AttentionClientException">Refused, failed or unreachable.</exception>
    public static async Task<AttendOutcome> RunAsync(
        ServerAddress server,
        IJobInput input,
        AttentionOptions options,
        ScratchDirectory? workspace,
        ProgressBar? bar,
        TextWriter error,
        CancellationToken cancellationToken)
    {
        string id;
        using (AttentionClient sender = server.Call())
            id = await sender.SubmitAsync(input.ForUpload(), options, sent: bar?.Sending(input.ByteLength),
                cancellationToken: cancellationToken);

        using AttentionClient client = server.Follow();
        try
        {
            JobDocument job = await client.WaitAsync(id, bar?.Following(), cancellationToken);
            JobReport? report = job.Report is { } told ? told with { Warnings = [.. input.Unread, .. told.Warnings] } : null;
            if (job.State != JobState.Succeeded || workspace is null)
                return new AttendOutcome(job.State, report, ProblemOf(job), ResultPath: null) { Code = ErrorCodes.Find(job.Error?.Code) };
            await client.DownloadResultAsync(id, workspace.ResultPath, cancellationToken);
            return new AttendOutcome(job.State, report, Problem: null, workspace.ResultPath);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await CancelAsync(server, id, error);
            throw;
        }
    }

    private static string? ProblemOf(JobDocument job) => job switch
    {
        { State: JobState.Succeeded, Report: null } => $"job {job.Id} has no report; is the server of another version?",
        { State: JobState.Succeeded } => null,
        { Error: { } failure } => $"job {job.Id} failed: {failure.Message}",
        _ => $"job {job.Id} was {job.State.ToString().ToLowerInvariant()} on the server",
    };

    private static async Task CancelAsync(ServerAddress server, string id, TextWriter error)
    {
        using var timeout = new CancellationTokenSource(s_cancelTimeout);
        using AttentionClient client = server.Call();
        try
        {
            if (await client.CancelAsync(id, timeout.Token))
                await error.WriteLineAsync($"attn: job {id} was cancelled on the server");
        }
        catch (Exception problem) when (problem is AttentionClientException or OperationCanceledException)
        {
            await error.WriteLineAsync($"attn: job {id} may go on: the server did not answer; try 'attn cancel {id}'");
        }
    }
}
