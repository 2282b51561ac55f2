using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.Chaos.Upgrading;

/// <summary>
/// A build of these sources under another version number, in a folder of its own. It is made in the top folder of the working copy, with an
/// SDK.
/// </summary>
internal sealed partial class OtherBuild : IDisposable
{
    /// <summary>The number of the build that these nodes understand.</summary>
    public const string Version = "0.2.0-rolling";

    private const string VersionOfAnotherProtocol = "0.3.0-other-protocol";

    private const string Project = "src/AttentionCluster.Cli", Protocol = "src/AttentionCluster.Cluster/Versions/ControlProtocol.cs";

    private readonly TemporaryFolder _folder = new();

    private OtherBuild()
    {
    }

    /// <summary>Where its <c>attn.dll</c> is.</summary>
    public string Path => System.IO.Path.Combine(_folder.Path, "artifacts", "bin", "AttentionCluster.Cli", "release");

    /// <summary>The same sources, and so the same protocol.</summary>
    /// <exception cref="InvalidOperationException">It can't be built.</exception>
    public static Task<OtherBuild> MakeAsync(CancellationToken cancellationToken) =>
        new OtherBuild().BuildAsync(Environment.CurrentDirectory, Version, cancellationToken);

    /// <summary>
    /// Sources in which the versions of the control protocol, the one that is spoken and the oldest that is understood, are one higher.
    /// </summary>
    /// <exception cref="InvalidOperationException">It can't be built.</exception>
    public static Task<OtherBuild> OfAnotherProtocolAsync(CancellationToken cancellationToken)
    {
        var build = new OtherBuild();
        if (!File.Exists(Protocol))
            throw build.CannotBuild(VersionOfAnotherProtocol);
        string sources = build._folder.File("sources");
        foreach (string file in Directory.EnumerateFiles(".", "*", SearchOption.TopDirectoryOnly).Concat(SourcesIn("src"))
            .Concat(SourcesIn("cluster-config")))
        {
            string copy = System.IO.Path.Combine(sources, file);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        string protocol = System.IO.Path.Combine(sources, Protocol);
        File.WriteAllText(protocol, ProtocolVersion().Replace(
            File.ReadAllText(protocol), match =>
                (int.Parse(match.Value, CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture)));
        return build.BuildAsync(sources, VersionOfAnotherProtocol, cancellationToken);
    }

    public void Dispose() => _folder.Dispose();

    private async Task<OtherBuild> BuildAsync(string sources, string version, CancellationToken cancellationToken)
    {
        using Process dotnet = Process.Start(new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = sources,
            ArgumentList =
            {
                "build", Project, "-c", "Release", "-v", "q", "-nologo", $"-p:Version={version}", "-p:RunAnalyzers=false",
                    "--artifacts-path", _folder.File("artifacts"),
            },
        })!;
        await dotnet.WaitForExitAsync(cancellationToken);
        if (dotnet.ExitCode == 0)
            return this;
        throw CannotBuild(version);
    }

    private InvalidOperationException CannotBuild(string version)
    {
        Dispose();
        return new InvalidOperationException($"{Project} can't be built as version {version}: this command is for the top folder of the "
            + "working copy, with an SDK");
    }

    /// <summary>All files of a folder but what builds have left there.</summary>
    private static IEnumerable<string> SourcesIn(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(file => !file.Split(System.IO.Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));

    [GeneratedRegex(@"(?<=\b(Current|OldestUnderstood) = )\d+")]
    private static partial Regex ProtocolVersion();
}
