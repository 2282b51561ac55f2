using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.DataPlane.Http;

namespace AttentionCluster.Cluster.Tests.DataPlane;

/// <summary>A seal is that of its bytes, in their order, under its key.</summary>
public sealed class ByteSealTests
{
    private static readonly byte[] s_key = [.. Enumerable.Range(0, 32).Select(number => (byte)number)];
    private static readonly byte[] s_piece = HttpBytes(1000);

    [Fact]
    public void The_same_bytes_under_the_same_key_have_the_same_seal() =>
        Assert.Equal(Seal(s_key, s_piece, s_piece), Seal(s_key, s_piece, s_piece));

    [Fact]
    public void Another_bit_another_order_another_cut_another_key_and_one_piece_less_give_another_seal()
    {
        byte[] changed = [.. s_piece];
        changed[500] ^= 1;
        byte[] right = Seal(s_key, s_piece, changed);

        Assert.NotEqual(right, Seal(s_key, s_piece, s_piece));
        Assert.NotEqual(right, Seal(s_key, changed, s_piece));
        Assert.NotEqual(right, Seal(s_key, [.. s_piece, .. changed]));
        Assert.NotEqual(right, Seal([.. s_key.Reverse()], s_piece, changed));
        Assert.NotEqual(right, Seal(s_key, s_piece));
    }

    [Fact]
    public void Another_nonce_salt_or_target_gives_another_seal()
    {
        var seals = new AnswerSeals("a secret");
        byte[] right = Seal(seals.OfRows("n", "s", "/t"));

        Assert.Equal(right, Seal(new AnswerSeals("a secret").OfRows("n", "s", "/t")));
        Assert.NotEqual(right, Seal(seals.OfRows("m", "s", "/t")));
        Assert.NotEqual(right, Seal(seals.OfRows("n", "r", "/t")));
        Assert.NotEqual(right, Seal(seals.OfRows("n", "s", "/u")));
        Assert.NotEqual(right, Seal(new AnswerSeals("another").OfRows("n", "s", "/t")));
    }

    [Fact]
    public void The_proof_of_an_answer_holds_for_its_request_and_its_status()
    {
        var seals = new AnswerSeals("a secret");
        string proof = seals.Proof("n", "GET", "/t", 200);

        Assert.True(seals.IsRight(proof, "n", "GET", "/t", 200));
        Assert.False(seals.IsRight(proof, "m", "GET", "/t", 200));
        Assert.False(seals.IsRight(proof, "n", "DELETE", "/t", 200));
        Assert.False(seals.IsRight(proof, "n", "GET", "/u", 200));
        Assert.False(seals.IsRight(proof, "n", "GET", "/t", 404));
        Assert.False(seals.IsRight(null, "n", "GET", "/t", 200));
        Assert.False(new AnswerSeals("another").IsRight(proof, "n", "GET", "/t", 200));
    }

    private static byte[] Seal(byte[] key, params byte[][] pieces)
    {
        using var seal = new ByteSeal(key);
        return End(seal, pieces);
    }

    private static byte[] Seal(ByteSeal seal)
    {
        using (seal)
            return End(seal, [s_piece]);
    }

    private static byte[] End(ByteSeal seal, byte[][] pieces)
    {
        foreach (byte[] piece in pieces)
            seal.Append(piece);
        byte[] bytes = new byte[ByteSeal.Bytes];
        seal.End(bytes);
        return bytes;
    }

    private static byte[] HttpBytes(int length)
    {
        byte[] bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        return bytes;
    }
}
