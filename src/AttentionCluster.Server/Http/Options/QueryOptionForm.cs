namespace AttentionCluster.Server.Http.Options;

/// <summary>What the value of an option is.</summary>
internal enum QueryOptionForm
{
    /// <summary><c>true</c> or <c>false</c>; the name alone is true.</summary>
    Flag,

    /// <summary>An integer.</summary>
    Integer,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A word, or anything that has its own form.</summary>
    Text,
}
