using AttentionCluster.Cluster.Versions;

namespace AttentionCluster.Cluster.Tests.Versions;

public sealed class NodeVersionTests
{
    private static readonly NodeVersion s_one = new("1.0.0", OldestProtocol: 2, Protocol: 4, BitContract: 3);

    [Theory]
    [InlineData(2, 4, 3)]
    [InlineData(4, 9, 3)]
    [InlineData(1, 2, 3)]
    public void Versions_whose_protocols_meet_and_whose_bits_are_the_same_work_together(int oldest, int protocol, int bits) =>
        Assert.Null(s_one.WhyNotWith(new NodeVersion("2.0.0", oldest, protocol, bits)));

    [Theory]
    [InlineData(5, 9, 3, "control protocol 9")]
    [InlineData(1, 1, 3, "control protocol 1")]
    [InlineData(2, 4, 4, "bit contract 4")]
    [InlineData(0, 0, 0, "older release")]
    public void Others_say_why_not_with_both_versions_and_what_to_do(int oldest, int protocol, int bits, string words)
    {
        var other = new NodeVersion("2.0.0", oldest, protocol, bits);

        string reason = s_one.WhyNotWith(other)!;

        Assert.Contains(words, reason, StringComparison.Ordinal);
        Assert.Contains("version 2.0.0", reason, StringComparison.Ordinal);
        Assert.Contains("have all nodes run one release", reason, StringComparison.Ordinal);
        Assert.True(protocol == 0 || other.WhyNotWith(s_one) is not null);
    }
}
