namespace AttentionCluster.Client;

/// <summary>The codes of an <see cref="AttentionClientException"/> that come from the client itself, not from the server.</summary>
public static class ClientErrorCodes
{
    /// <summary>No connection could be made.</summary>
    public const string Unreachable = "unreachable";

    /// <summary>The connection broke, and repeating the call did not help or was not safe.</summary>
    public const string ConnectionLost = "connection-lost";

    /// <summary>Nothing moved for <see cref="AttentionClientOptions.SilenceTimeout"/>.</summary>
    public const string NoAnswer = "no-answer";

    /// <summary>An answer that is none of this interface: another program's, or another version's.</summary>
    public const string MalformedAnswer = "malformed-answer";

    /// <summary>The result became another one while it was downloaded into a stream that can't be rewound.</summary>
    public const string ResultChanged = "result-changed";

    /// <summary>The downloaded bytes don't have the SHA-256 that the server gave.</summary>
    public const string ResultDamaged = "result-damaged";
}
