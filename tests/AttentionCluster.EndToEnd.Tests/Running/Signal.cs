using System.Diagnostics;
using System.Runtime.InteropServices;

namespace AttentionCluster.EndToEnd.Tests.Running;

/// <summary>What Unix tells a process.</summary>
internal static partial class Signal
{
    /// <summary>Ctrl-C.</summary>
    public const int Interrupt = 2;

    /// <summary>What service managers send before they lose patience.</summary>
    public const int Terminate = 15;

    /// <summary>Skips the test where there are none.</summary>
    public static void Require() => Skip.If(OperatingSystem.IsWindows(), "signals are Unix's");

    /// <summary>Sends one to a process that a test has started.</summary>
    public static void Send(Process process, int signal) => Assert.Equal(0, Kill(process.Id, signal));

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
