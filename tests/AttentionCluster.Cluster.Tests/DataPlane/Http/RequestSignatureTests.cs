using AttentionCluster.Cluster.DataPlane.Http;

namespace AttentionCluster.Cluster.Tests.DataPlane.Http;

public sealed class RequestSignatureTests
{
    [Fact]
    public void It_is_the_HMAC_of_method_and_target_as_other_implementations_compute_it()
    {
        // printf 'GET\n/v1/payloads/7?node=ann' | openssl dgst -sha256 -hmac key
        const string expected = "ATTN-HMAC-SHA256 536629324d09c6b3f981ad19774422c7f3b57dffbec2ee1f1e8c94d0da441d1c";

        Assert.Equal(expected, new RequestSignature("key").Sign("GET", "/v1/payloads/7?node=ann"));
    }

    [Fact]
    public void It_is_right_for_its_own_request_under_its_own_secret_alone()
    {
        var signature = new RequestSignature("key");
        string signed = signature.Sign("GET", "/a?b=c");

        Assert.True(signature.IsRight(signed, "GET", "/a?b=c"));
        Assert.False(signature.IsRight(signed, "DELETE", "/a?b=c"));
        Assert.False(signature.IsRight(signed, "GET", "/a?b=d"));
        Assert.False(new RequestSignature("kez").IsRight(signed, "GET", "/a?b=c"));
    }
}
