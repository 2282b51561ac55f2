using System.Net;

namespace AttentionCluster.Client;

/// <summary>A call that has no result: the server refused it, failed, or could not be reached.</summary>
public sealed class AttentionClientException : Exception
{
    /// <summary>Says what happened.</summary>
    public AttentionClientException(
        string code, string detail, HttpStatusCode? status = null, TimeSpan? retryAfter = null, Exception? cause = null)
        : base(status is { } answered ? $"{detail} ({code}, HTTP {(int)answered})" : $"{detail} ({code})", cause)
    {
        Code = code;
        Detail = detail;
        Status = status;
        RetryAfter = retryAfter;
    }

    /// <summary>Stable, for programs: the server's own, or one of <see cref="ClientErrorCodes"/>.</summary>
    public string Code { get; }

    /// <summary>For people: what, where, and what to do.</summary>
    public string Detail { get; }

    /// <summary>The server's answer; null when it gave none, or when what it gave can't be used.</summary>
    public HttpStatusCode? Status { get; }

    /// <summary>After how long the server wants to be asked again; null when it did not say.</summary>
    public TimeSpan? RetryAfter { get; }
}
