using System.Diagnostics;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.Chaos.Upgrading;

/// <summary>A build of the same sources under another version number, in a folder of its own.</summary>
internal sealed class OtherBuild : IDisposable
{
    private const string Project = "src/AttentionCluster.Cli";

    private readonly TemporaryFolder _folder = new();

    private OtherBuild()
    {
    }

    /// <summary>The number.</summary>
    public const string Version = "0.2.0-rolling";

    /// <summary>Where its <c>attn.dll</c> is.</summary>
    public string Path => System.IO.Path.Combine(_folder.Path, "artifacts", "bin", "AttentionCluster.Cli", "release");

    /// <summary>Builds it; to be called in the working copy.</summary>
    /// <exception cref="InvalidOperationException">It can't be built.</exception>
    public static async Task<OtherBuild> MakeAsync(CancellationToken cancellationToken)
    {
        var build = new OtherBuild();
        using Process dotnet = Process.Start(new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                "build", Project, "-c", "Release", "-v", "q", "-nologo", $"-p:Version={Version}", "--artifacts-path", build._folder.File("artifacts"),
            },
        })!;
        await dotnet.WaitForExitAsync(cancellationToken);
        if (dotnet.ExitCode == 0)
            return build;
        build.Dispose();
        throw new InvalidOperationException($"{Project} can't be built as version {Version}: this command is for the top folder of the working copy, with an SDK");
    }

    public void Dispose() => _folder.Dispose();
}
