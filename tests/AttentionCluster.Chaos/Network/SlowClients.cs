using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AttentionCluster.Chaos.Network;

/// <summary>
/// Clients that connect to a gateway's HTTP interface and keep it waiting: one in four says nothing, one sends half a header, one a part of
/// a body and stays, and one a byte of a body now and then. They come from an address of their own.
/// </summary>
internal sealed class SlowClients : IAsyncDisposable
{
    /// <summary>More than the connections that a gateway has by default, and more bodies than it receives at a time.</summary>
    private const int Count = 600;

    private const int BodyBytes = 1 << 20, SentBytes = 1 << 15;

    private static readonly IPAddress s_address = new([127, 0, 0, 99]);
    private static readonly TimeSpan s_betweenBytes = TimeSpan.FromMilliseconds(500), s_betweenConnections = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _over = new();
    private readonly Task _clients;

    /// <param name="gateway">Its HTTP interface.</param>
    public SlowClients(Uri gateway) =>
        _clients = Task.WhenAll([.. Enumerable.Range(0, Count).Select(number => StayAsync(gateway, number)), LookForLifeAsync(gateway)]);

    /// <summary>
    /// Whether the gateway has told somebody else meanwhile, on a new connection, that it is alive: who runs it would end it otherwise.
    /// </summary>
    public bool HasSeenLife { get; private set; }

    /// <summary>All of them go.</summary>
    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _clients;
        _over.Dispose();
    }

    private async Task LookForLifeAsync(Uri gateway)
    {
        // When the others are there.
        await Task.Delay(s_betweenBytes, _over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using var http = new HttpClient();
        try
        {
            while (!HasSeenLife)
            {
                HasSeenLife = await IsAliveAsync(http, new Uri(gateway, "/healthz/live"), _over.Token);
                await Task.Delay(s_betweenBytes, _over.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // They go.
        }
    }

    private static async Task<bool> IsAliveAsync(HttpClient http, Uri health, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(health, cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception refused) when (refused is HttpRequestException or SocketException or IOException)
        {
            return false;
        }
    }

    /// <summary>One that the gateway has had enough of comes again.</summary>
    private async Task StayAsync(Uri gateway, int number)
    {
        while (!_over.IsCancellationRequested)
        {
            try
            {
                await KeepWaitingAsync(gateway, number, _over.Token);
            }
            catch (Exception end) when (end is OperationCanceledException or SocketException)
            {
                await Task.Delay(s_betweenConnections, _over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static async Task KeepWaitingAsync(Uri gateway, int number, CancellationToken over)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(s_address, 0));
        await socket.ConnectAsync(gateway.Host, gateway.Port, over);
        string header = string.Create(CultureInfo.InvariantCulture, $"POST /v1/jobs?causal=true HTTP/1.1\r\nHost: "
            + $"{gateway.Authority}\r\nContent-Type: application/x-safetensors\r\nContent-Length: {BodyBytes}\r\n\r\n");
        byte[] request = [.. Encoding.ASCII.GetBytes(header), .. new byte[SentBytes]];
        int sent = (number % 4) switch
        {
            0 => 0,
            1 => header.Length / 2,
            2 => request.Length,
            _ => header.Length,
        };
        await socket.SendAsync(request.AsMemory(0, sent), over);
        byte[] answer = new byte[SentBytes];
        Task<int> end = socket.ReceiveAsync(answer, over).AsTask();
        while (!end.IsCompleted)
        {
            await Task.WhenAny(end, Task.Delay(s_betweenBytes, over));
            if (number % 4 == 3 && !over.IsCancellationRequested)
                await socket.SendAsync(request.AsMemory(header.Length, 1), over);
        }

        await end;
    }
}
