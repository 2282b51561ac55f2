using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace AttentionCluster.Benchmarks.Peers;

/// <summary>
/// Fetches the peers' packages into NuGet's own cache, where their native libraries are loaded from: they burden no build
/// and are copied nowhere.
/// </summary>
internal static class PeerPackages
{
    private const string LibtorchFolder = "libtorch-cpu-linux-x64/2.10.0/runtimes/linux-x64/native";
    private const string OnnxRuntimeFolder = "microsoft.ml.onnxruntime/1.31.1/runtimes/linux-x64/native";

    /// <summary>Restores the packages and makes their libraries loadable.</summary>
    public static void Load()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
            throw new PlatformNotSupportedException("the peers' packages are for Linux on x64");
        Restore();
        string packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        string libtorch = Path.Combine(packages, LibtorchFolder);
        string onnxRuntime = Path.Combine(packages, OnnxRuntimeFolder, "libonnxruntime.so");
        NativeLibrary.Load(Path.Combine(libtorch, "libc10.so"));
        nint torch = NativeLibrary.Load(Path.Combine(libtorch, "libtorch_cpu.so"));
        AssemblyLoadContext.Default.ResolvingUnmanagedDll += (_, name) => name switch
        {
            LibtorchApi.Library => torch,
            "onnxruntime" => NativeLibrary.Load(onnxRuntime),
            _ => 0,
        };
    }

    private static void Restore()
    {
        string folder = Directory.CreateTempSubdirectory("attn-peers-").FullName;
        try
        {
            using (Stream project = typeof(PeerPackages).Assembly.GetManifestResourceStream("packages.xml")!)
            using (FileStream file = File.Create(Path.Combine(folder, "packages.csproj")))
                project.CopyTo(file);
            using Process restore = Process.Start(new ProcessStartInfo("dotnet", ["restore", folder]) { RedirectStandardOutput = true })!;
            string output = restore.StandardOutput.ReadToEnd();
            restore.WaitForExit();
            if (restore.ExitCode != 0)
                throw new InvalidOperationException($"the peers' packages can't be restored: {output}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
