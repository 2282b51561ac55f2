using System.ComponentModel;
using System.Diagnostics;
using AttentionCluster.Client.Tests.Fake;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Remote;

/// <summary>The clients of other languages that stand beside the .NET client.</summary>
public sealed class ExampleTests : IAsyncLifetime, IDisposable
{
    private static readonly string s_examples = Path.Combine(Repository.Root, "src", "AttentionCluster.Client", "examples");

    private readonly TemporaryFolder _folder = new();
    private FakeServer _server = null!;

    public async Task InitializeAsync() => _server = await FakeServer.StartAsync("secret");

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("python3", "attend.py")]
    [InlineData("bash", "attend.sh")]
    public void An_example_sends_a_job_and_brings_its_result(string interpreter, string script)
    {
        Skip.If(interpreter == "bash" && !IsThere("curl"), "curl is not on the path");
        Skip.IfNot(IsThere(interpreter), $"{interpreter} is not on the path");

        (int exitCode, string output, string error) = Run(interpreter, Path.Combine(s_examples, script), $"{_server.Address}");

        Assert.True(exitCode == 0, $"{output}\n{error}");
        Assert.Contains("output_sha256", output, StringComparison.Ordinal);
        FakeJob job = Assert.Single(_server.Jobs.All);
        Assert.Equal("?causal=true&verify=8", job.Query);
        Assert.Equal(job.Result, File.ReadAllBytes(_folder.File("out.safetensors")));
    }

    [Fact]
    public void The_client_in_python_has_forty_lines_at_most() =>
        Assert.InRange(File.ReadLines(Path.Combine(s_examples, "attend.py")).Count(), 1, 40);

    private bool IsThere(string program)
    {
        try
        {
            return Run(program, "--version").ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    private (int ExitCode, string Output, string Error) Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _folder.Path,
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
