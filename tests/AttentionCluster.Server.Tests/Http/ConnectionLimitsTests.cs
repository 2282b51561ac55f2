using System.Net;
using AttentionCluster.Server.Http.Connections;
using Microsoft.Extensions.Logging.Abstractions;

namespace AttentionCluster.Server.Tests.Http;

/// <summary>Who gets a connection, and who gives one up.</summary>
public sealed class ConnectionLimitsTests
{
    private static readonly IPAddress s_one = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress s_other = IPAddress.Parse("192.0.2.2");

    private readonly ConnectionLimits _limits = new(max: 4, perAddressMax: 3, NullLogger<ConnectionLimits>.Instance);

    [Fact]
    public void One_address_does_not_get_all_and_its_own_idle_ones_give_way()
    {
        PublicConnection[] first = [Open(s_one), Open(s_one), Open(s_one)];

        Assert.True(_limits.Open(Connection(s_one), out PublicConnection? evicted));
        Assert.Contains(evicted, first);
        Assert.False(Open(s_other).IsForHealth);
    }

    [Fact]
    public void The_one_that_has_been_idle_for_longest_gives_way_and_busy_ones_stay()
    {
        PublicConnection[] first = [Open(s_one), Open(s_one), Open(s_one)];
        first[0].Work();
        first[1].Work().Dispose();
        using IDisposable busy = first[2].Work();

        Assert.True(_limits.Open(Connection(s_one), out PublicConnection? evicted));
        Assert.Same(first[1], evicted);
        Assert.False(first[1].IsIdle);
    }

    [Fact]
    public void One_that_waits_for_its_client_is_idle()
    {
        PublicConnection[] first = [Open(s_one), Open(s_one), Open(s_one)];
        Array.ForEach(first, connection => connection.Work());
        using IDisposable waits = first[1].Wait();

        Assert.True(_limits.Open(Connection(s_one), out PublicConnection? evicted));
        Assert.Same(first[1], evicted);
    }

    [Fact]
    public void Where_all_are_busy_health_has_connections_of_its_own()
    {
        for (int i = 0; i < 3; i++)
            Open(s_one).Work();
        Assert.True(Open(s_one).IsForHealth);
        Open(s_other).Work();
        Assert.True(Open(s_other).IsForHealth);

        // Of these as well the oldest give way, so that someone who holds them keeps nobody out.
        for (int i = 0; i < 2 * ConnectionLimits.ReserveMax; i++)
            Assert.True(Open(s_one).IsForHealth);
    }

    [Fact]
    public void A_closed_connection_leaves_its_place_once()
    {
        PublicConnection[] first = [Open(s_one), Open(s_one), Open(s_one)];
        Array.ForEach(first, connection => connection.Work());
        _limits.Close(first[0]);
        _limits.Close(first[0]);

        Open(s_one).Work();
        Assert.True(Open(s_one).IsForHealth);
    }

    [Theory]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::")]
    [InlineData("::1", "::1")]
    public void One_customer_is_one_address(string address, string counted) =>
        Assert.Equal(IPAddress.Parse(counted), ClientAddress.Of(IPAddress.Parse(address)));

    private static PublicConnection Connection(IPAddress address) => new(address, () => { });

    private PublicConnection Open(IPAddress address)
    {
        PublicConnection connection = Connection(address);
        Assert.True(_limits.Open(connection, out _));
        return connection;
    }
}
