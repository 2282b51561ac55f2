using System.Xml.Linq;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Documents;

/// <summary>The five projects, and what each of them may know.</summary>
public sealed class ProjectGraphTests
{
    private static readonly string s_src = Path.Combine(Repository.Root, "src");

    [Fact]
    public void There_are_five_projects() =>
        Assert.Equal(
            ["Cli", "Client", "Cluster", "Core", "Server"],
            Directory.EnumerateFiles(s_src, "*.csproj", SearchOption.AllDirectories).Select(ShortName).Order());

    [Theory]
    [InlineData("Cli", "Client", "Server")]
    [InlineData("Server", "Cluster")]
    [InlineData("Cluster", "Core")]
    [InlineData("Client", "Core")]
    [InlineData("Core")]
    public void A_project_references_exactly(string project, params string[] references) =>
        Assert.Equal(references, Includes(project, "ProjectReference").Select(ShortName).Order());

    [Fact]
    public void The_core_depends_on_the_base_library_and_its_tensors_alone()
    {
        Assert.Equal(["System.Numerics.Tensors"], Includes("Core", "PackageReference"));
        Assert.Empty(Includes("Core", "FrameworkReference"));
    }

    [Fact]
    public void The_client_depends_on_its_retries_alone()
    {
        Assert.Equal(["Microsoft.Extensions.Http.Resilience"], Includes("Client", "PackageReference"));
        Assert.Empty(Includes("Client", "FrameworkReference"));
    }

    private static IEnumerable<string> Includes(string project, string item) =>
        XDocument.Load(Path.Combine(s_src, $"AttentionCluster.{project}", $"AttentionCluster.{project}.csproj"))
            .Descendants(item)
            .Select(element => element.Attribute("Include")!.Value);

    private static string ShortName(string projectFile) =>
        Path.GetFileNameWithoutExtension(projectFile.Replace('\\', '/'))["AttentionCluster.".Length..];
}
