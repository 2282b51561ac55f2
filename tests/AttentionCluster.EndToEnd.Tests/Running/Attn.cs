using System.Diagnostics;

namespace AttentionCluster.EndToEnd.Tests.Running;

/// <summary>Runs the built executable as a process of its own, as a user would.</summary>
internal static class Attn
{
    /// <summary>Longer than any command of a test takes on a busy machine.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(1);

    /// <summary>Runs <c>attn</c> in a folder to its end.</summary>
    /// <param name="folder">The working directory; its <c>tmp</c> is the system's temporary directory for the process.</param>
    /// <param name="arguments">What follows <c>attn</c>.</param>
    public static AttnResult Run(TemporaryFolder folder, params string[] arguments) => Run(folder, [], arguments);

    /// <summary>The same, with variables added to the environment.</summary>
    public static AttnResult Run(TemporaryFolder folder, (string Name, string Value)[] environment, params string[] arguments) =>
        Run(folder, environment, s_timeout, arguments);

    /// <summary>The same, for what may take longer than any command of a test.</summary>
    public static AttnResult Run(TemporaryFolder folder, (string Name, string Value)[] environment, TimeSpan timeout,
        params string[] arguments)
    {
        using Process process = Start(folder, environment, arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(timeout))
        {
            process.Kill();
            throw new TimeoutException($"attn {string.Join(' ', arguments)} ran longer than {timeout}");
        }

        return new AttnResult(process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Starts <c>attn</c> and returns at once.</summary>
    public static Process Start(
        TemporaryFolder folder, (string Name, string Value)[] environment, params string[] arguments) =>
        StartBuild(AppContext.BaseDirectory, folder, environment, arguments);

    /// <summary>The same with the <c>attn</c> of another build.</summary>
    public static Process StartBuild(
        string build, TemporaryFolder folder, (string Name, string Value)[] environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(build, "attn.dll"));
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["TMPDIR"] = folder.Scratch;
        foreach (string inherited in start.Environment.Keys.Where(name => name.StartsWith("ATTN_", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(inherited);
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
