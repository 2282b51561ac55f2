namespace AttentionCluster.Server.Tests.Configuration;

/// <summary>What can't be used is refused with its key, where it was written, and what is wanted: all of it at once.</summary>
public sealed class SettingsProblemsTests
{
    public static TheoryData<string, string, string> Wrong { get; } = new()
    {
        { "Node:Threads", "0", "threads is 0; it must be from 1 to 1024" },
        { "Node:Threads", "two", "it is \"two\"; it must be an integer of at most 2147483647" },
        { "Node:Roles", "gatway", "\"gatway\" is no role; it must be gateway, worker or both" },
        { "Node:Roles", "", "a node without a role is good for nothing" },
        { "Node:Name", "a b", "\"a b\" is no name of a node: wanted 1 to 128 characters without spaces" },
        { "Node:MemoryBytesMax", "63MiB", "memory-bytes-max is 66060288; it must be at least 67108864" },
        { "Node:MemoryBytesMax", "4GB", "it is \"4GB\"; it must be a number of bytes, or one with a unit such as 512MiB or 4GiB" },
        { "Node:ChunkBytes", "65MiB", "chunk-bytes is 68157440; it must be from 4096 to 67108864" },
        { "Node:ChunkBytes", "4GiB", "it is \"4GiB\"; it must be a number of bytes" },
        { "Node:OfferAgeMax", "25h", "offer-age-max is 90000; it must be from 1 to 86400 (seconds)" },
        { "Node:LeaveTimeout", "10", "it is \"10\"; it must be a time such as 500ms, 10s, 5min, 1h or 1d" },
        { "Node:LeaveTimeout", "999ms", "leave-timeout is 0.999; it must be from 1 to 600 (seconds)" },
        { "Node:StartTimeout", "2h", "start-timeout is 7200; it must be from 1 to 3600 (seconds)" },
        { "Cluster:Listen", "127.0.0.1", "it is \"127.0.0.1\"; it must be host:port" },
        { "Cluster:Listen", "127.0.0.1:65536", "cluster-address-port is 65536; it must be from 0 to 65535" },
        { "Cluster:Seeds", "a/b:1", "\"a/b:1\" is no host:port of a seed" },
        { "DataPlane:AdvertisedHost", "a b", "\"a b\" is no name or address of a host" },
        { "DataPlane:ServedMax", "0", "served-max is 0; it must be from 1 to 4096" },
        { "DataPlane:Listen", "localhost:1", "\"localhost\" is no IP address to listen on" },
        { "Http:Urls", "http://example.com:80", "\"http://example.com:80\" is no address to listen on" },
        { "Http:Urls", "http://127.0.0.1:80/x", "\"http://127.0.0.1:80/x\" is no address to listen on" },
        { "Http:Urls", "", "a node listens at least at one address" },
        { "Http:AllowedHosts", "http://attn.example.com", "\"http://attn.example.com\" is no host" },
        { "Http:AllowedHosts", "attn.example.com:8080", "\"attn.example.com:8080\" is no host" },
        { "Http:ConnectionsMax", "-1", "connections-max is -1; it must be from 1 to 65536" },
        { "Http:BufferBytesMax", "1KiB", "buffer-bytes-max is 1024; it must be from 16384 to 67108864" },
        { "Jobs:JobsQueuedMax", "0", "jobs-queued-max is 0; it must be from 1 to 100000" },
        { "Jobs:EventInterval", "0s", "event-interval is 0; it must be from 0.001 to 60 (seconds)" },
        { "Security:AllowAnonymous", "yes", "it is \"yes\"; it must be true or false" },
        { "Security:Token", "short", "the token must be at least 16 letters, digits and -._~+/=" },
        { "Security:Token", "sixteen letters!", "the token must be at least 16 letters, digits and -._~+/=" },
        { "Security:TokenFile", "/nowhere/token", "the file can't be read: " },
        { "Security:Secret", "short", "the secret has 5 characters; it must have at least 32" },
        { "Security:Tls:CertificateFile", "node.pem", "TLS between nodes takes all three" },
        { "Logging:Level", "3", "it is \"3\"; it must be Trace, Debug, Information, Warning, Error, Critical, None" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_value_that_cannot_be_used_is_refused_with_its_key_and_what_is_wanted(string key, string value, string reason)
    {
        string problem = Assert.Single(Settings.Problems((key, value)), problem =>
            !problem.StartsWith("Security:SecretFile", StringComparison.Ordinal));

        Assert.StartsWith(key.Split(':')[0], problem, StringComparison.Ordinal);
        Assert.Contains($"): {reason}", problem, StringComparison.Ordinal);
        if (!reason.StartsWith("TLS", StringComparison.Ordinal))
            Assert.StartsWith($"{key} (test): ", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void All_problems_are_told_at_once() => Assert.Equal(
        4, Settings.Problems(("Node:Threads", "0"), ("DataPlane:PulledMax", "0"), ("Http:BodyBytesMax", "1"), ("Nod:Threads", "1")).Count);

    [Theory]
    [InlineData("Node:Thraeds", "Node:Threads")]
    [InlineData("Security:Tls:Certificate", "Security:Tls:CertificateFile")]
    [InlineData("Node:Threads:Max", "Node:Threads")]
    [InlineData("Nodes", "Node")]
    [InlineData("Cluster:Listen:0", "Cluster:Listen")]
    public void A_key_that_does_not_exist_is_refused_with_those_that_do(string key, string near)
    {
        string problem = Assert.Single(Settings.Problems((key, "1")));

        Assert.StartsWith($"{key} (test): there is no such key; known are ", problem, StringComparison.Ordinal);
        Assert.Contains(near, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void The_value_of_a_misspelt_key_is_not_printed_since_it_may_be_a_secret() =>
        Assert.DoesNotContain("hush", Assert.Single(Settings.Problems(("Security:Tokn", "hush"))), StringComparison.Ordinal);

    [Fact]
    public void Limits_that_could_not_all_be_reached_are_refused_with_their_sum()
    {
        string problem = Assert.Single(
            Settings.Problems(("Node:MemoryBytesMax", "14GiB"), ("DataPlane:ServedMax", "1000"), ("Http:ConnectionsMax", "2048")));

        Assert.StartsWith("Node:MemoryBytesMax (test): the limits of this node add up to 16.1 GiB, and the process may use 16 GiB: 14 GiB "
            + "for tensors", problem, StringComparison.Ordinal);
        Assert.Contains("1.5 GiB for transfers between nodes", problem, StringComparison.Ordinal);
        Assert.Contains("512 MiB for HTTP", problem, StringComparison.Ordinal);
    }
}
