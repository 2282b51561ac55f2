using System.Net;
using AttentionCluster.EndToEnd.Tests.Running;
using AttentionCluster.EndToEnd.Tests.Serve;

namespace AttentionCluster.EndToEnd.Tests.Documents;

/// <summary>What the README promises, runs.</summary>
[Collection(ComputedJob.Collection)]
public sealed class ReadmeTests(ComputedJob job) : IDisposable
{
    /// <summary>How the README starts the executable: built first, or on the path.</summary>
    private static readonly string[] s_starts = ["dotnet run -c Release --project src/AttentionCluster.Cli -- ", "attn "];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Its_commands_run_in_their_order()
    {
        job.CopyTo(_folder);

        // What needs the containers is run by tests/compose/run.sh.
        List<string[]> commands = [.. Commands().Where(command => command[0] != "serve" && !command.Contains("--server"))];

        Assert.True(commands.Count >= 3);
        Assert.All(commands, command => Assert.Matches(
            command[0] == "bench" ? @"(GFLOP|GB)/s.*\n.*\d\.\d{3}" : "verify ok", Attn.Run(_folder, Quick(command)).Expect(0).Output));
    }

    [SkippableFact]
    public async Task Its_cluster_forms()
    {
        Signal.Require(Signal.Terminate);
        string[][] commands = [.. Commands().Where(command => command[0] == "serve").Select(command => command[1..])];
        Assert.Equal(2, commands.Length);
        await using ServeProcess gateway = ServeProcess.Start(_folder, [], commands[0]);
        await gateway.WaitForReadyAsync();
        string address = await gateway.ClusterAddressAsync();

        // Its ports may be taken on the machine of a test.
        await using ServeProcess worker = ServeProcess.Start(_folder, [], [.. commands[1].Select(argument => argument == "127.0.0.1:4053" ? address : argument)]);
        await worker.WaitForReadyAsync();

        Assert.Equal(2, (await worker.ClusterAsync()).GetProperty("nodes").GetArrayLength());
        Assert.Equal(HttpStatusCode.OK, (await worker.Http.GetAsync("/healthz/ready")).StatusCode);
    }

    /// <summary>The arguments after <c>attn</c> of every line of a shell block that runs it.</summary>
    private static List<string[]> Commands()
    {
        var commands = new List<string[]>();
        bool shell = false;
        foreach (string line in File.ReadLines(Path.Combine(Repository.Root, "README.md")))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
                shell = line == "```sh";
            else if (shell && s_starts.FirstOrDefault(line.StartsWith) is { } start)
                commands.Add(line[start.Length..].Split(' '));
        }

        return commands;
    }

    /// <summary>With a check of every result, and without measuring a number twice.</summary>
    private static string[] Quick(string[] command) =>
        command[0] == "bench" ? [.. command, "--turns", "1"] :
        command[0] == "attend" && !command.Contains("--verify") ? [.. command, "--verify", "8"] :
        command;
}
