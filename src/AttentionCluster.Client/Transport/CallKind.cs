namespace AttentionCluster.Client.Transport;

/// <summary>What the handlers must know of a request beside what it says itself.</summary>
/// <param name="Repeatable">Whether making the call twice does no more than making it once.</param>
/// <param name="Streamed">Whether the caller reads the answer's body by itself, while it arrives.</param>
/// <param name="SilenceTimeout">How long nothing may move.</param>
/// <param name="AnswerTimeout">How long the server may think when it has the whole request.</param>
internal sealed record CallKind(bool Repeatable, bool Streamed, TimeSpan SilenceTimeout, TimeSpan AnswerTimeout)
{
    private static readonly HttpRequestOptionsKey<CallKind> s_key = new("attention-call-kind");

    /// <summary>Writes it on a request.</summary>
    public void AttachTo(HttpRequestMessage request) => request.Options.Set(s_key, this);

    /// <summary>Reads it from a request; null when it is none of this client's.</summary>
    public static CallKind? Of(HttpRequestMessage? request) =>
        request is not null && request.Options.TryGetValue(s_key, out CallKind? kind) ? kind : null;
}
