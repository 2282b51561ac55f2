using System.Net;
using AttentionCluster.Core;

namespace AttentionCluster.Client;

/// <summary>A call that has no result: the server refused it, failed, or could not be reached.</summary>
public sealed class AttentionClientException : Exception
{
    /// <summary>Says what the client found.</summary>
    public AttentionClientException(ErrorCode code, string detail, Exception? cause = null)
        : this(code.Name(), detail, cause: cause)
    {
    }

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

    /// <summary>
    /// Stable, for programs: the server's own, or what the client found; <c>http-404</c> and the like where something answered that gives
    /// no codes.
    /// </summary>
    public string Code { get; }

    /// <summary>The same as a member; null for a code that this version does not know.</summary>
    public ErrorCode? KnownCode => ErrorCodes.Find(Code);

    /// <summary>For people: what, where, and what to do.</summary>
    public string Detail { get; }

    /// <summary>The server's answer; null when it gave none, or when what it gave can't be used.</summary>
    public HttpStatusCode? Status { get; }

    /// <summary>After how long the server wants to be asked again; null when it did not say.</summary>
    public TimeSpan? RetryAfter { get; }
}
