using System.Net;
using System.Text.RegularExpressions;
using AttentionCluster.Core.Attention;
using AttentionCluster.EndToEnd.Tests.Running;
using AttentionCluster.EndToEnd.Tests.Serve;

namespace AttentionCluster.EndToEnd.Tests.Documents;

/// <summary>What the README promises, runs.</summary>
[Collection(ComputedJob.Collection)]
public sealed class ReadmeTests(ComputedJob job) : IDisposable
{
    /// <summary>How the README starts the executable: built first, or on the path.</summary>
    private static readonly string[] s_starts = ["dotnet run -c Release --project src/AttentionCluster.Cli -- ", "attn "];

    /// <summary>Where tensors come from and go to, and what the process that computes them may take.</summary>
    private static readonly string[] s_notOfAttention =
        ["q", "k", "v", "input", "random", "seed", "output", "threads", "memory", "chunk-bytes", "server", "token", "json", "quiet",
            "help"];

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
    public void Every_option_has_an_example_that_runs()
    {
        PlainPython.Require();
        PlainPython.RunText(_folder, string.Join('\n', Block("```python")));
        (string[] Names, string[] Command)[] examples = [.. Examples()];

        foreach ((string[] names, string[] command) in examples)
        {
            Assert.Matches("verify ok", Attn.Run(_folder, Quick(command)).Expect(0).Output);
            Assert.All(names, name => Assert.True(
                command.Contains($"--{name}") || AuxiliaryTensorCatalog.Names.Contains(name),
                    $"{name} is not in its example: {string.Join(' ', command)}"));
        }

        string[] all = [.. examples.SelectMany(example => example.Names)];
        Assert.Empty(AuxiliaryTensorCatalog.Names.Except(all));
        Assert.Empty(OptionsOfHelp().Except(all.Select(name => name.Replace('_', '-'))).Except(s_notOfAttention));
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
        await using ServeProcess worker =
            ServeProcess.Start(_folder, [], [.. commands[1].Select(argument => argument == "127.0.0.1:4053" ? address : argument)]);
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

    /// <summary>The tables' rows that end with a command: the names in the first column, and the arguments after <c>attn</c>.</summary>
    private static IEnumerable<(string[] Names, string[] Command)> Examples() =>
        from line in File.ReadLines(Path.Combine(Repository.Root, "README.md"))
        let columns = line.Split('|', StringSplitOptions.TrimEntries)
        where columns.Length >= 5 && columns[^2].StartsWith("`attn ", StringComparison.Ordinal)
        select (columns[1].Split(", ").Select(name => name.Trim('`')).ToArray(), columns[^2].Trim('`')["attn ".Length..].Split(' '));

    /// <summary>The lines of the first block that begins so.</summary>
    private static IEnumerable<string> Block(string start) => File.ReadLines(Path.Combine(Repository.Root, "README.md"))
        .SkipWhile(line => line != start).Skip(1).TakeWhile(line => line != "```");

    /// <summary>The long names of all options that <c>attn attend</c> lists.</summary>
    private string[] OptionsOfHelp() =>
        [.. Regex.Matches(Attn.Run(_folder, "attend", "--help").Expect(0).Output, "^ +(?:-., )*--([a-z0-9-]+)", RegexOptions.Multiline)
            .Select(match => match.Groups[1].Value)];

    /// <summary>With a check of every result, and without measuring a number twice.</summary>
    private static string[] Quick(string[] command) =>
        command[0] == "bench" ? [.. command, "--turns", "1"] :
        command[0] == "attend" && !command.Contains("--verify") ? [.. command, "--verify", "8"] :
        command;
}
