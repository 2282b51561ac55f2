using AttentionCluster.EndToEnd.Tests.Running;
using AttentionCluster.EndToEnd.Tests.Serve;

namespace AttentionCluster.EndToEnd.Tests.Remote;

/// <summary>One node that is gateway and worker, for all tests of a class.</summary>
public sealed class RealServer : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private ServeProcess? _process;

    /// <summary>Where it listens.</summary>
    public Uri Address => new(_process!.Url);

    public async Task InitializeAsync()
    {
        _process = ServeProcess.Start(_folder, []);
        await _process.WaitForReadyAsync();
    }

    public async Task DisposeAsync() => await _process!.DisposeAsync();

    public void Dispose() => _folder.Dispose();
}
