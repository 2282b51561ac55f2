namespace AttentionCluster.Core.Attention;

/// <summary>What the value of an option is.</summary>
internal enum OptionKind
{
    /// <summary><c>true</c> or <c>false</c>; the name alone is true.</summary>
    Flag,

    /// <summary>An integer.</summary>
    Integer,

    /// <summary>A number.</summary>
    Number,

    /// <summary>Two integers with a comma between them; in JSON an array of both.</summary>
    Pair,

    /// <summary>One of a few words.</summary>
    Word,
}
