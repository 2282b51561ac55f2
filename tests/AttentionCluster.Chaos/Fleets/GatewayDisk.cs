using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.Chaos.Fleets;

/// <summary>
/// Where gateways have their data directory: a small file system in memory, which can be filled to its last byte without harm to anybody
/// else. Where none may be mounted (that takes root, or CAP_SYS_ADMIN) it is a plain folder, and is never filled.
/// </summary>
internal sealed class GatewayDisk : IDisposable
{
    private readonly SmallDisk? _disk;

    private GatewayDisk(string folder, SmallDisk? disk, string whyNot)
    {
        _disk = disk;
        WhyNotFilled = disk is null ? whyNot : null;
        Data = Path.Combine(folder, "data");
    }

    /// <summary>The gateways' data directory.</summary>
    public string Data { get; }

    /// <summary>Why it can't be filled; null when it can.</summary>
    public string? WhyNotFilled { get; }

    /// <summary>Whether it is full now.</summary>
    public bool IsFull { get; private set; }

    /// <summary>A plain folder.</summary>
    public static GatewayDisk Plain(string folder)
    {
        Directory.CreateDirectory(folder);
        return new GatewayDisk(folder, null, "the data directory is a plain folder here");
    }

    /// <summary>A file system of its own, where one may be mounted.</summary>
    public static GatewayDisk Small(string folder, long bytes)
    {
        Directory.CreateDirectory(folder);
        return new GatewayDisk(folder, SmallDisk.TryMount(folder, bytes), "no small file system may be mounted here");
    }

    /// <summary>Takes all that is free.</summary>
    public void Fill()
    {
        IsFull = true;
        _disk!.Fill();
    }

    /// <summary>Gives it back.</summary>
    public void Free()
    {
        _disk!.Free();
        IsFull = false;
    }

    public void Dispose() => _disk?.Dispose();
}
