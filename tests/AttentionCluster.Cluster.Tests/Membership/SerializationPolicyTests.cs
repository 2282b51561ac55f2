using System.Runtime.Serialization;
using System.Text;
using Akka.Serialization;
using AttentionCluster.Cluster.Wire;

namespace AttentionCluster.Cluster.Tests.Membership;

/// <summary>What the product's actor system lets out and in.</summary>
public sealed class SerializationPolicyTests(ProductSystem product) : IClassFixture<ProductSystem>
{
    private Serialization Serialization => product.System.Serialization;

    [Fact]
    public void Messages_of_the_wire_protocol_go_through_its_serializer() => Assert.All(
        WireMessages.TopLevel, type => Assert.IsType<WireSerializer>(Serialization.FindSerializerForType(type.ClrType)));

    [Fact]
    public void A_type_that_nobody_has_bound_is_refused_where_it_is_sent() =>
        Assert.Throws<SerializationException>(() => Serialization.FindSerializerFor(new Unbound("x")));

    [Fact]
    public void A_protobuf_message_that_is_not_on_the_list_is_refused_where_it_is_sent()
    {
        var part = new SegmentKey { Context = "c" };
        Serializer serializer = Serialization.FindSerializerFor(part);

        Assert.Throws<SerializationException>(() => Serialization.ManifestFor(serializer, part));
    }

    [Fact]
    public void A_type_that_a_message_in_JSON_names_is_not_built()
    {
        const int jsonSerializer = 1;
        byte[] json = Encoding.UTF8.GetBytes($$"""{"$type": "{{typeof(Unbound).AssemblyQualifiedName}}", "Text": "x"}""");

        Assert.Throws<SerializationException>(() => Serialization.Deserialize(json, jsonSerializer, typeof(Unbound)));
        Assert.Throws<SerializationException>(() => Serialization.Deserialize(json, jsonSerializer, ""));
        Assert.Throws<SerializationException>(() => Serialization.Deserialize(json, jsonSerializer, typeof(Unbound).AssemblyQualifiedName));
    }

    private sealed record Unbound(string Text);
}
