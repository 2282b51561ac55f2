using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace AttentionCluster.EndToEnd.Tests.Running;

/// <summary>Signals of Unix to a process.</summary>
internal static partial class Signal
{
    public const int Interrupt = 2;
    public const int Terminate = 15;

    /// <summary>SIGCONT and SIGSTOP, which have other numbers on systems that are no Linux.</summary>
    public const int Continue = 18, Stop = 19;

    /// <summary>Skips the test where a signal can't be sent, or would be ignored.</summary>
    public static void Require(int signal)
    {
        Skip.If(OperatingSystem.IsWindows(), "signals are Unix's");
        Skip.If(signal == Stop && !OperatingSystem.IsLinux(), "the signal's number is Linux's");
        Skip.If(signal == Interrupt && IsInterruptIgnored(), "this test run ignores SIGINT, and so does what it starts");
    }

    /// <summary>Sends a signal.</summary>
    public static void Send(Process process, int signal) => Assert.Equal(0, Kill(process.Id, signal));

    /// <summary>A shell that starts a command in the background without job control makes it, and its children, ignore SIGINT.</summary>
    private static bool IsInterruptIgnored()
    {
        string? line = File.Exists("/proc/self/status")
            ? File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))
            : null;
        ulong ignored = line is null ? 0
            : ulong.Parse(line["SigIgn:".Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return (ignored >> (Interrupt - 1) & 1) != 0;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
