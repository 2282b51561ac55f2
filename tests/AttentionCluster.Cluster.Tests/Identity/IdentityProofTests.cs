using AttentionCluster.Cluster.Identity;
using AttentionCluster.Cluster.Wire;
using Google.Protobuf;

namespace AttentionCluster.Cluster.Tests.Identity;

/// <summary>A proof holds for one question, of one process, to one process, and for what it says.</summary>
public sealed class IdentityProofTests
{
    private static readonly NodeProcess s_asker = new("10.0.0.1:4053", 1);

    private readonly IdentityProof _proof = new(new ClusterKeys("a secret that both of them know"));

    [Fact]
    public void It_is_right_for_who_knows_the_secret() =>
        Assert.True(new IdentityProof(new ClusterKeys("a secret that both of them know")).IsRight(s_asker, Answer()));

    [Fact]
    public void It_is_wrong_for_another_secret() =>
        Assert.False(new IdentityProof(new ClusterKeys("a secret that both of them knew")).IsRight(s_asker, Answer()));

    [Fact]
    public void It_is_worth_nothing_for_another_who_asks()
    {
        Assert.False(_proof.IsRight(s_asker with { Uid = 2 }, Answer()));
        Assert.False(_proof.IsRight(s_asker with { Address = "10.0.0.3:4053" }, Answer()));
    }

    [Fact]
    public void It_is_worth_nothing_when_anything_of_the_answer_is_changed()
    {
        Action<NodeIdentity>[] changes =
        [
            answer => answer.Nonce = ByteString.CopyFrom(IdentityProof.NewNonce()),
            answer => answer.Address = "10.0.0.3:4053",
            answer => answer.Uid++,
            answer => answer.Name += "x",
            answer => answer.Cluster = "",
            answer => answer.KnowsAsker = true,
            answer => answer.Proof = ByteString.Empty,
            answer => answer.Proof = ByteString.CopyFrom([.. answer.Proof.Span[..^1], (byte)(answer.Proof.Span[^1] ^ 1)]),
        ];

        Assert.All(changes, change =>
        {
            NodeIdentity answer = Answer();
            change(answer);
            Assert.False(_proof.IsRight(s_asker, answer));
        });
    }

    private NodeIdentity Answer()
    {
        var answer = new NodeIdentity
        {
            Nonce = ByteString.CopyFrom(new byte[IdentityProof.NonceBytes]),
            Address = "10.0.0.2:4053",
            Uid = 7,
            Name = "ann",
            Cluster = "0123456789abcdef"
        };
        answer.Proof = ByteString.CopyFrom(_proof.Of(s_asker, answer));
        return answer;
    }
}
