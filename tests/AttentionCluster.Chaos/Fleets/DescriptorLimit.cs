using System.ComponentModel;
using System.Runtime.InteropServices;

namespace AttentionCluster.Chaos.Fleets;

/// <summary>The limit of files and connections that a running process may have open, as Linux lets others change it.</summary>
internal static partial class DescriptorLimit
{
    private const int OpenFiles = 7;

    /// <summary>Lets a process open nothing more than what it has open now.</summary>
    /// <returns>What undoes it.</returns>
    public static Action UseUp(int process)
    {
        Change(process, null, out Limit before);
        ulong open = (ulong)Directory.GetFileSystemEntries($"/proc/{process}/fd").Length;
        Change(process, before with { Soft = open }, out _);
        return () => Change(process, before, out _);
    }

    private static unsafe void Change(int process, Limit? wanted, out Limit before)
    {
        Limit value = wanted ?? default;
        Limit old;
        if (SetLimit(process, OpenFiles, wanted is null ? null : &value, &old) != 0)
            throw new IOException($"the limit of process {process} can't be changed: "
                + $"{new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        before = old;
    }

    [LibraryImport("libc", EntryPoint = "prlimit64", SetLastError = true)]
    private static unsafe partial int SetLimit(int process, int resource, Limit* wanted, Limit* before);

    /// <summary>As the system has it.</summary>
    private record struct Limit(ulong Soft, ulong Hard);
}
