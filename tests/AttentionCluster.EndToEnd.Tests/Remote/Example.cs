using System.ComponentModel;
using System.Diagnostics;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Remote;

/// <summary>The clients of other languages that stand beside the .NET client, as processes.</summary>
internal static class Example
{
    private static readonly string s_folder = Path.Combine(Repository.Root, "src", "AttentionCluster.Client", "examples");

    /// <summary>The full path of one.</summary>
    public static string PathOf(string script) => Path.Combine(s_folder, script);

    /// <summary>Runs one in a folder, and returns what it printed; skips the test where what it needs is not there.</summary>
    public static string Run(TemporaryFolder folder, string interpreter, string script, Uri server)
    {
        Skip.If(interpreter == "bash" && !IsThere("curl"), "curl is not on the path");
        Skip.IfNot(IsThere(interpreter), $"{interpreter} is not on the path");
        (int exitCode, string output, string error) = RunProcess(folder.Path, interpreter, PathOf(script), $"{server}");
        Assert.True(exitCode == 0, $"{script} failed\n{output}\n{error}");
        return output;
    }

    private static bool IsThere(string program)
    {
        try
        {
            return RunProcess(Path.GetTempPath(), program, "--version").ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    private static (int ExitCode, string Output, string Error) RunProcess(string directory, string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["ATTN_TOKEN"] = "secret" },
        })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
