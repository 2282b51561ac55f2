using System.Diagnostics;
using System.Globalization;
using AttentionCluster.Cluster;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.DataPlane.Http;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server.DataPlane;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AttentionCluster.Benchmarks.DataPlane;

/// <summary>
/// The other process: a node that has a tensor, and offers a payload for every line that it reads; beside it, the plain stream. It first
/// writes both addresses, then a claim for every line, and ends with its input.
/// </summary>
internal sealed class SourceProcess : IDisposable
{
    internal const string Command = "data-plane-source";
    internal const string Secret = "a secret of the benchmark and of nobody else";
    internal const int PayloadBytes = 64 << 20;

    /// <summary>One head, as many bytes as the payload.</summary>
    internal static readonly TensorShape Shape = new(1, 1, PayloadBytes / 512, 128);

    private readonly Process _process;

    private SourceProcess(Process process, string address, string plainUrl) => (_process, Address, PlainUrl) = (process, address, plainUrl);

    /// <summary>Where the data plane listens.</summary>
    internal string Address { get; }

    /// <summary>Where the plain stream is.</summary>
    internal string PlainUrl { get; }

    /// <summary>Starts this program once more.</summary>
    internal static SourceProcess Start()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [Command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true
        };
        Process process = Process.Start(start)!;
        string[] addresses = process.StandardOutput.ReadLine()!.Split(' ');
        return new SourceProcess(process, addresses[0], addresses[1]);
    }

    /// <summary>Has it offer a payload.</summary>
    internal Claim Publish()
    {
        _process.StandardInput.WriteLine();
        ulong[] claim = [.. _process.StandardOutput.ReadLine()!.Split(' ')
            .Select(number => ulong.Parse(number, CultureInfo.InvariantCulture))];
        return new Claim("source", Address, claim[0], PayloadBytes, claim[1]);
    }

    /// <summary>What that process does.</summary>
    internal static async Task RunAsync()
    {
        string directory = Directory.CreateTempSubdirectory("attn-source-").FullName;
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton(new NodeOptions { DataDirectory = directory, Name = "source" });
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(_ => new TensorStore(directory));
        builder.Services.AddSingleton(_ =>
            new PublishedPayloads("source", 4L * PayloadBytes, TimeSpan.FromHours(1), TimeProvider.System, lastId: 0));
        builder.Services.AddHttpDataPlane(new DataPlaneOptions { Secret = Secret });
        using IHost host = builder.Build();
        await host.StartAsync();
        byte[] payload = new byte[PayloadBytes];
        new Random(1).NextBytes(payload);
        await using WebApplication plain = await PlainStream.ServeAsync(payload);
        try
        {
            host.Services.GetRequiredService<TensorStore>().Generate("t", "k", Shape, 1, default);
            HttpDataPlane plane = host.Services.GetRequiredService<HttpDataPlane>();
            Console.WriteLine($"{plane.Address} {plain.Urls.Single()}");
            while (Console.ReadLine() is not null)
            {
                var published = new NativeBuffer(PayloadBytes);
                payload.CopyTo(published.Slice(0, PayloadBytes));
                Claim claim = plane.Publish("job", published);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{claim.Id} {claim.Checksum}"));
            }

            await host.StopAsync();
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
