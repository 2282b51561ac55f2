using System.ComponentModel;
using System.Diagnostics;

namespace AttentionCluster.EndToEnd.Tests.Running;

/// <summary>
/// Files that this code did not write, and results read by other code than this: Python's standard library alone.
/// </summary>
internal static class PlainPython
{
    /// <summary>Skips the test where there is no Python.</summary>
    public static void Require() =>
        Skip.IfNot(s_isThere.Value, "python3 is not on the path: install it to run the tests that need files from elsewhere");

    /// <summary>Runs a script that lies beside the tests, in a folder, and returns what it printed.</summary>
    public static string Run(TemporaryFolder folder, string script, params string[] arguments) =>
        RunArguments(folder, script, [Path.Combine(AppContext.BaseDirectory, "Python", script), .. arguments]);

    /// <summary>The same, for the text of a script.</summary>
    public static string RunText(TemporaryFolder folder, string text) => RunArguments(folder, "the script", ["-c", text]);

    private static string RunArguments(TemporaryFolder folder, string what, string[] arguments)
    {
        using Process process = Start(folder.Path, arguments);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{what} failed\n{output}\n{error.Result}");
        return output;
    }

    private static readonly Lazy<bool> s_isThere = new(() =>
    {
        try
        {
            using Process process = Start(Path.GetTempPath(), ["--version"]);
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    });

    private static Process Start(string directory, string[] arguments) => Process.Start(new ProcessStartInfo("python3", arguments)
    {
        WorkingDirectory = directory,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
