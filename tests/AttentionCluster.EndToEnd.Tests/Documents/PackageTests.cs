using System.Diagnostics;
using System.IO.Compression;
using System.Reflection;
using System.Xml.Linq;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Documents;

/// <summary>The package of the client, as <c>dotnet pack</c> makes it of what was built.</summary>
public sealed class PackageTests : IDisposable
{
    /// <summary>What the client uses, and what that needs in a version that this repository chooses.</summary>
    private static readonly string[] s_dependencies =
        ["AttentionCluster.Core", "Microsoft.Extensions.Http.Resilience", "Microsoft.Extensions.ObjectPool", "Polly.Core",
            "System.Numerics.Tensors"];

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_clients_package_has_what_its_users_need_and_asks_for_no_more_than_it_uses()
    {
        using ZipArchive package = Pack("AttentionCluster.Client");

        string[] files = [.. package.Entries.Select(entry => entry.FullName)];
        foreach (string wanted in new[] { "README.md", "LICENSE", "lib/net10.0/AttentionCluster.Client.dll",
            "lib/net10.0/AttentionCluster.Client.xml", "examples/attend.py", "examples/attend.sh" })
            Assert.Contains(wanted, files);
        Assert.Equal(File.ReadAllBytes(Path.Combine(Repository.Root, "src", "AttentionCluster.Client", "README.md")),
            Read(package, "README.md"));
        XElement metadata = XDocument.Load(new MemoryStream(Read(package, "AttentionCluster.Client.nuspec"))).Root!.Elements().First();
        Assert.Equal("README.md", Text(metadata, "readme"));
        Assert.Equal("Apache-2.0", Text(metadata, "license"));
        Assert.NotEmpty(Text(metadata, "description"));
        Assert.Equal([.. s_dependencies.Order(StringComparer.Ordinal)], Dependencies(metadata).Order(StringComparer.Ordinal));
        Assert.Contains("M:AttentionCluster.Client.AttentionClient.SubmitAsync",
            System.Text.Encoding.UTF8.GetString(Read(package, "lib/net10.0/AttentionCluster.Client.xml")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_core_that_it_asks_for_is_a_package_as_well()
    {
        using ZipArchive package = Pack("AttentionCluster.Core");

        Assert.Contains("lib/net10.0/AttentionCluster.Core.xml", package.Entries.Select(entry => entry.FullName));
        Assert.Contains("LICENSE", package.Entries.Select(entry => entry.FullName));
    }

    private ZipArchive Pack(string project)
    {
        string configuration = typeof(PackageTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        using Process pack = Process.Start(new ProcessStartInfo(
            "dotnet", ["pack", Path.Combine(Repository.Root, "src", project), "--no-build", "-c", configuration, "-o", _folder.Path,
                "-nodeReuse:false", "-v", "q"])
        {
            RedirectStandardOutput = true,
        })!;
        Task<string> output = pack.StandardOutput.ReadToEndAsync();
        Assert.True(pack.WaitForExit(s_patience), "it takes too long");
        Assert.True(pack.ExitCode == 0, output.Result);
        return ZipFile.OpenRead(Assert.Single(Directory.GetFiles(_folder.Path, $"{project}.*.nupkg")));
    }

    private static byte[] Read(ZipArchive package, string file)
    {
        using Stream stream = package.GetEntry(file)!.Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static string Text(XElement metadata, string name) =>
        metadata.Elements().Single(element => element.Name.LocalName == name).Value;

    private static IEnumerable<string> Dependencies(XElement metadata) => metadata.Descendants()
        .Where(element => element.Name.LocalName == "dependency").Select(element => element.Attribute("id")!.Value);
}
