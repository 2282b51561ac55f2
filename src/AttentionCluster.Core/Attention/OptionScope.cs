namespace AttentionCluster.Core.Attention;

/// <summary>What an option decides, and so where it is written down.</summary>
internal enum OptionScope
{
    /// <summary>Which numbers the result has. Recorded with the result; a verification takes it in place of what is recorded.</summary>
    Numbers,

    /// <summary>How the result holds its numbers. Recorded with it.</summary>
    Format,

    /// <summary>What one run of the job does besides. Not recorded with the result.</summary>
    Run,
}
