using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;

namespace AttentionCluster.Chaos.Jobs;

/// <summary>
/// A job sent, followed and fetched by plain HTTP, as any program would do it: accepted once, then known by its id alone.
/// </summary>
/// <param name="work">What it computes.</param>
/// <param name="files">Inputs, and the right results.</param>
/// <param name="gateways">To whom it is sent.</param>
/// <param name="note">Told how far it is.</param>
/// <param name="mayBeDamaged">Whether its input is damaged on purpose: then that may be how it ends.</param>
internal sealed class HttpJob(JobWork work, WorkFiles files, GatewayCalls gateways, Action<string> note, bool mayBeDamaged = false)
    : IRunningJob
{
    private const string Damaged = "input-damaged";

    /// <summary>How long a download may take; it is repeated then.</summary>
    private static readonly TimeSpan s_transferPatience = TimeSpan.FromSeconds(30);

    /// <summary>How long a stream of events may be silent: the gateways say something every second.</summary>
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(4);

    /// <summary>Of how much progress a note is made.</summary>
    private const double NotedStep = 0.25;

    private readonly string _key = Guid.NewGuid().ToString("N");
    private string? _id;
    private JsonElement? _now;
    private double _noted;
    private bool _isUnknown;

    /// <inheritdoc/>
    public JobWork Work => work;

    /// <inheritdoc/>
    public string? Id => _id;

    /// <summary>Whether a gateway has said that it has the job.</summary>
    public bool IsAccepted => _id is not null;

    /// <summary>Whether it has ended, in any way.</summary>
    public bool HasEnded => State is "succeeded" or "failed" or "cancelled";

    /// <summary>How far it is, from 0 to 1.</summary>
    public double Progress { get; private set; }

    /// <summary>Tasks done so far.</summary>
    public int TasksDone { get; private set; }

    /// <inheritdoc/>
    public JsonElement? Report { get; private set; }

    /// <inheritdoc/>
    public string Standing =>
        _id is null ? "not accepted" :
        _isUnknown ? $"{_id}: accepted, and no gateway knows it" :
        FormattableString.Invariant($"{_id}: {State} at {Progress:0 %}");

    private string? Code => _now?.TryGetProperty("error", out JsonElement error) == true && error.ValueKind == JsonValueKind.Object
        ? error.GetProperty("code").GetString() : null;

    private string State => _now?.GetProperty("state").GetString() ?? "accepted";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken)
    {
        _id = await new JobSubmission(work, files, _key).SendAsync(gateways, cancellationToken);
        note($"{_id} accepted: {work}");
        while (!HasEnded)
            await gateways.UntilAsync(() => new HttpRequestMessage(HttpMethod.Get, $"/v1/jobs/{_id}/events"), FollowAsync, s_silence,
                cancellationToken);
        note(Standing);
        if (State != "succeeded")
            return mayBeDamaged && Code == Damaged ? [] : [$"{Standing}: {_now!.Value.GetProperty("error")}"];
        Report = _now!.Value.GetProperty("report");
        return await CompareAsync(cancellationToken);
    }

    /// <summary>Reads events until the stream ends, or has been silent for too long.</summary>
    private async Task<string?> FollowAsync(HttpResponseMessage answer, CancellationTokenSource limit)
    {
        if (answer.StatusCode == HttpStatusCode.NotFound && !_isUnknown)
            note($"a gateway does not know {_id}");
        _isUnknown = answer.StatusCode == HttpStatusCode.NotFound;
        if (!answer.IsSuccessStatusCode)
            return null;
        Stream body = await answer.Content.ReadAsStreamAsync(limit.Token);
        await foreach (SseItem<string> item in SseParser.Create(body).EnumerateAsync(limit.Token))
        {
            limit.CancelAfter(s_silence);
            Take(JsonDocument.Parse(item.Data).RootElement);
        }

        return "";
    }

    private void Take(JsonElement job)
    {
        JsonElement progress = job.GetProperty("progress");
        double flops = progress.GetProperty("flops").GetDouble();
        (_now, TasksDone) = (job, progress.GetProperty("tasks_done").GetInt32());
        Progress = flops > 0 ? progress.GetProperty("flops_done").GetDouble() / flops : 0;
        if (Progress < _noted + NotedStep)
            return;
        _noted = Math.Floor(Progress / NotedStep) * NotedStep;
        note(FormattableString.Invariant($"{_id} is at {Progress:0 %}"));
    }

    private async Task<IReadOnlyList<string>> CompareAsync(CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        ResultHashes expected = files.Expected(work);
        if (ResultHashes.OfReport(Report!.Value) is var reported && reported != expected)
            problems.Add($"{_id}: WRONG BITS in the report: {reported} instead of {expected}");
        string path = files.NewResultPath();
        await gateways.UntilAsync(() => new HttpRequestMessage(HttpMethod.Get, $"/v1/jobs/{_id}/result"), (answer, limit) =>
            ResultDownload.SaveAsync(answer, path, limit), s_transferPatience, cancellationToken);
        if (ResultHashes.OfFile(path) is var found && found != expected)
            problems.Add($"{_id}: WRONG BITS in the result: {found} instead of {expected}");
        File.Delete(path);
        return problems;
    }
}
