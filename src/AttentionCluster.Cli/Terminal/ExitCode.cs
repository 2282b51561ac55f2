namespace AttentionCluster.Cli.Terminal;

/// <summary>What the process tells its caller; the same numbers for every command.</summary>
internal static class ExitCode
{
    /// <summary>The command did what it was asked.</summary>
    public const int Done = 0;

    /// <summary>The command ran, and a check that it made did not hold.</summary>
    public const int CheckFailed = 1;

    /// <summary>The command line or an input is wrong; no work was done.</summary>
    public const int WrongInput = 2;

    /// <summary>The cluster refused the job, or it failed on the way.</summary>
    public const int ClusterFailed = 3;

    /// <summary>Stopped by SIGINT (Ctrl-C) or SIGTERM: 128 + SIGINT, the shells' convention.</summary>
    public const int Interrupted = 130;
}
