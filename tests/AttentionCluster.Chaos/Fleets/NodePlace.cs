using System.Globalization;
using System.Net;
using System.Net.Sockets;
using AttentionCluster.Chaos.Planning;

namespace AttentionCluster.Chaos.Fleets;

/// <summary>
/// The addresses of one node, which stay the same when it starts again. It listens on 127.0.0.1, and says that it is reached by an
/// address of its own with the same ports: there its proxies listen. So nothing in the product has to know of them.
/// </summary>
/// <param name="Name">The node's name.</param>
/// <param name="Advertised">The address of its own.</param>
/// <param name="ClusterPort">Port of control messages.</param>
/// <param name="DataPort">Port of tensor bytes.</param>
/// <param name="HttpPort">Port of the HTTP interface, which has no proxy.</param>
internal sealed record NodePlace(string Name, IPAddress Advertised, int ClusterPort, int DataPort, int HttpPort)
{
    /// <summary>
    /// The last byte of the addresses of gateways, workers and those that do not belong to them: in this order they count as older and
    /// younger to Akka.
    /// </summary>
    private const int GatewaysFrom = 10, WorkersFrom = 20, Stranger = 40, OtherVersion = 41;

    /// <summary>Where others reach it, as a seed.</summary>
    public string Seed => string.Create(CultureInfo.InvariantCulture, $"{Advertised}:{ClusterPort}");

    /// <summary>Its HTTP interface.</summary>
    public Uri Http => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{HttpPort}"));

    /// <summary>Places for the most nodes that a cluster can have, and for the outsiders, with ports that are free now.</summary>
    public static IReadOnlyList<NodePlace> TakeAll()
    {
        (string Name, int LastByte)[] nodes =
        [
            .. Enumerable.Range(1, NodeNames.GatewaysMax).Select(number => (NodeNames.Gateway(number), GatewaysFrom + number)),
            .. Enumerable.Range(1, NodeNames.WorkersMax).Select(number => (NodeNames.Worker(number), WorkersFrom + number)),
            (NodeNames.Stranger, Stranger),
            (NodeNames.OtherVersion, OtherVersion),
        ];

        // All are held until the last is known, so that no two are the same.
        List<TcpListener> held = [];
        try
        {
            return [.. nodes.Select(node =>
                new NodePlace(node.Name, new IPAddress([127, 0, 0, (byte)node.LastByte]), FreePort(held), FreePort(held), FreePort(held)))];
        }
        finally
        {
            held.ForEach(listener => listener.Dispose());
        }
    }

    private static int FreePort(List<TcpListener> held)
    {
        var listener = new TcpListener(IPAddress.Any, 0);
        listener.Start();
        held.Add(listener);
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
