using AttentionCluster.Client.Tests.Fake;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;

namespace AttentionCluster.Client.Tests;

/// <summary>What the package's README shows, runs.</summary>
public sealed class ReadmeTests
{
    [Fact]
    public void Its_code_is_the_code_that_is_run_here()
    {
        string[] readme = Between("README.md", "```csharp", "```");
        string[] run = Between("ReadmeTests.cs", "        // The README's code:", "        // Its end.");

        Assert.Equal(readme, run.Select(line => line.Length == 0 ? line : line[8..]));
    }

    [Fact]
    public async Task Its_code_brings_a_result()
    {
        await using FakeServer fake = await FakeServer.StartAsync("secret");
        using var folder = new TemporaryFolder();
        (string server, string token) = ($"{fake.Address}", "secret");
        using (AttentionClient sender = fake.Client())
            await sender.SubmitAsync(ClientUnderTest.Tensors());
        await File.WriteAllBytesAsync(folder.File("in.safetensors"), fake.Jobs.All[0].Upload);
        using var inFolder = new WorkingDirectory(folder.Path);

        // The README's code:
        using var client = new AttentionClient(new Uri(server), token);
        using TensorFile file = TensorFile.Open("in.safetensors");
        string[] names = ["q", "k", "v"];
        var tensors = names.Select(name => TensorInput.FromFile(name, file, file.Require(name)));

        string id = await client.SubmitAsync(tensors, new AttentionOptions { Causal = true, VerifyRows = 8 });
        await foreach (JobDocument job in client.WatchAsync(id))
            Console.WriteLine($"{job.State} {job.Progress.TasksDone}/{job.Progress.Tasks}");

        await client.DownloadResultAsync(id, "out.safetensors");
        // Its end.

        Assert.Equal(fake.Jobs.All[0].Upload, fake.Jobs.All[1].Upload);
        Assert.Equal(fake.Jobs.All[1].Result, await File.ReadAllBytesAsync(folder.File("out.safetensors")));
    }

    private static string[] Between(string file, string start, string end) =>
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, file)).SkipWhile(line => line != start).Skip(1)
            .TakeWhile(line => line != end)];

    /// <summary>The code names its files without a folder.</summary>
    private sealed class WorkingDirectory : IDisposable
    {
        private readonly string _before = Environment.CurrentDirectory;

        public WorkingDirectory(string path) => Environment.CurrentDirectory = path;

        public void Dispose() => Environment.CurrentDirectory = _before;
    }
}
