using AttentionCluster.Cluster.DataPlane.Http;

namespace AttentionCluster.Cluster.Tests.DataPlane.Http;

public sealed class DataPlaneOptionsTests
{
    private static readonly DataPlaneOptions s_default = new() { Secret = HttpNode.Secret };

    public static TheoryData<string, DataPlaneOptions> OutOfRange { get; } = new()
    {
        { "the secret has 31 characters", s_default with { Secret = HttpNode.Secret[1..] } },
        { "\"localhost\" is no IP address", s_default with { Listen = ("localhost", 0) } },
        { "a node that listens on all addresses", s_default with { Listen = ("0.0.0.0", 0) } },
        { "a node that listens on all addresses", s_default with { Listen = ("::", 0) } },
        { "\"a/b\" is no name", s_default with { AdvertisedHost = "a/b" } },
        { "listen-port is -1", s_default with { Listen = ("127.0.0.1", -1) } },
        { "listen-port is 65536", s_default with { Listen = ("127.0.0.1", 65_536) } },
        { "served-max is 0", s_default with { ServedMax = 0 } },
        { "served-max is 4097", s_default with { ServedMax = 4097 } },
        { "pulled-max is 0", s_default with { PulledMax = 0 } },
        { "pulled-max is 4097", s_default with { PulledMax = 4097 } },
        { "connections-max is 0", s_default with { ConnectionsMax = 0 } },
        { "connections-max is 65537", s_default with { ConnectionsMax = 65_537 } },
        { "connect-timeout is 0", s_default with { ConnectTimeout = TimeSpan.Zero } },
        { "connect-timeout is 61", s_default with { ConnectTimeout = TimeSpan.FromSeconds(61) } },
        { "stall-timeout is 1.5; it must be from 2 to 600", s_default with { StallTimeout = TimeSpan.FromSeconds(1.5) } },
        { "stall-timeout is 601", s_default with { StallTimeout = TimeSpan.FromSeconds(601) } },
        { "bytes-per-second-min is 0", s_default with { BytesPerSecondMin = 0 } },
        { "busy-retries-max is 0", s_default with { BusyRetriesMax = 0 } },
        { "busy-retries-max is 10001", s_default with { BusyRetriesMax = 10_001 } },
    };

    [Fact]
    public void The_defaults_are_within_their_ranges() => Assert.Empty(s_default.Validate());

    [Fact]
    public void All_addresses_can_be_listened_on_when_others_know_the_host() =>
        Assert.Empty((s_default with { Listen = ("0.0.0.0", 4054), AdvertisedHost = "node-1" }).Validate());

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void A_value_that_cannot_be_used_is_refused_with_the_reason(string reason, DataPlaneOptions options) =>
        Assert.StartsWith(reason, Assert.Single(options.Validate()).Message, StringComparison.Ordinal);

    [Fact]
    public void All_reasons_are_given_at_once() =>
        Assert.Equal(3, (s_default with { Secret = "", ServedMax = 0, PulledMax = 0 }).Validate().Count);

    [Fact]
    public void The_secret_is_not_in_the_text_that_gets_logged() =>
        Assert.DoesNotContain(HttpNode.Secret, $"{s_default}", StringComparison.Ordinal);
}
