using System.Diagnostics;
using System.Text;
using System.Text.Json;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Serve;

/// <summary>
/// <c>attn serve</c> as a process of its own, on free ports of loopback unless it is told others; it never outlives the test.
/// </summary>
internal sealed class ServeProcess : IAsyncDisposable
{
    /// <summary>Longer than any start or end takes on a busy machine.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(50);

    private readonly Process _process;
    private readonly StringBuilder _error = new();
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _output = [];
    private readonly Task _read;
    private bool _isDisposed;

    private ServeProcess(Process process)
    {
        _process = process;
        _read = Task.WhenAll(ReadOutputAsync(), ReadErrorAsync());
    }

    /// <summary>The process's number.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>The processor time that it has used.</summary>
    public TimeSpan ProcessorTime => _process.TotalProcessorTime;

    /// <summary>Where its HTTP interface is; known once it is ready.</summary>
    public string Url { get; private set; } = "";

    /// <summary>Its HTTP interface; usable once it is ready.</summary>
    public HttpClient Http { get; } = new() { Timeout = s_patience };

    /// <summary>What it has written on standard error so far.</summary>
    public string Error
    {
        get
        {
            lock (_error)
                return _error.ToString();
        }
    }

    /// <summary>All lines of its standard output so far.</summary>
    public IReadOnlyList<string> Output
    {
        get
        {
            lock (_output)
                return [.. _output];
        }
    }

    /// <summary>Starts a process, and returns at once.</summary>
    /// <param name="folder">Its working directory.</param>
    /// <param name="environment">Variables that are added.</param>
    /// <param name="arguments">What follows <c>attn serve</c>; addresses that are not named are free ports of loopback.</param>
    public static ServeProcess Start(TemporaryFolder folder, (string Name, string Value)[] environment, params string[] arguments) =>
        StartBuild(AppContext.BaseDirectory, folder, environment, arguments);

    /// <summary>The same with the <c>attn</c> of another build.</summary>
    public static ServeProcess StartBuild(string build, TemporaryFolder folder, (string Name, string Value)[] environment,
        params string[] arguments)
    {
        List<string> all = ["serve", .. arguments];
        foreach ((string option, string value) in new[] { ("--urls", "http://127.0.0.1:0"), ("--cluster", "127.0.0.1:0"),
            ("--data-plane", "127.0.0.1:0") })
        {
            if (!arguments.Contains(option))
                all.AddRange([option, value]);
        }

        return new ServeProcess(Attn.StartBuild(build, folder, environment, [.. all]));
    }

    /// <summary>Waits for the line that says that the node is ready.</summary>
    public async Task WaitForReadyAsync()
    {
        string line = await _ready.Task.WaitAsync(s_patience);
        Assert.StartsWith("ready http", line, StringComparison.Ordinal);
        Url = line.Split(' ')[1];
        Http.BaseAddress = new Uri(Url);
    }

    /// <summary>Waits until something is on standard error.</summary>
    public async Task WaitForErrorAsync(string words)
    {
        using var limit = new CancellationTokenSource(s_patience);
        while (!Error.Contains(words, StringComparison.Ordinal))
            await Task.Delay(s_pollInterval, limit.Token);
    }

    /// <summary>The cluster as this node sees it.</summary>
    public async Task<JsonElement> ClusterAsync()
    {
        using JsonDocument status = JsonDocument.Parse(await Http.GetStringAsync("/v1/cluster"));
        return status.RootElement.Clone();
    }

    /// <summary>Where other nodes reach it: what they take as a seed.</summary>
    public async Task<string> ClusterAddressAsync() => (await ClusterAsync()).GetProperty("address").GetString()!;

    /// <summary>Sends a signal.</summary>
    public void Tell(int signal) => Signal.Send(_process, signal);

    /// <summary>Ends it at once, as if its machine had lost power.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Waits until it has ended.</summary>
    /// <returns>What it left behind.</returns>
    public async Task<AttnResult> WaitForExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(s_patience);
        await _read.WaitAsync(s_patience);
        return new AttnResult(_process.ExitCode, string.Join('\n', Output), Error);
    }

    public async ValueTask DisposeAsync()
    {
        // Who owns several disposes of all of them again when one has failed, and that failure is to be seen.
        if (_isDisposed)
            return;
        _isDisposed = true;
        if (!_process.HasExited)
            _process.Kill();
        await WaitForExitAsync();
        Http.Dispose();
        _process.Dispose();
    }

    private async Task ReadOutputAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            lock (_output)
                _output.Add(line);
            _ready.TrySetResult(line);
        }

        _ready.TrySetException(new InvalidOperationException("attn serve has ended before it was ready"));
    }

    private async Task ReadErrorAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            lock (_error)
                _error.AppendLine(line);
        }
    }
}
