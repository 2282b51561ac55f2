using Google.Protobuf;

namespace AttentionCluster.Cluster.Tests.Versions;

/// <summary>Messages as a later version would write them.</summary>
internal static class Invented
{
    /// <summary>Far above what any version has used.</summary>
    private const int Field = 1_000;

    /// <summary>The same message with a field that this build does not know.</summary>
    internal static T In<T>(T message)
        where T : IMessage<T>
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            message.WriteTo(output);
            output.WriteTag(Field, WireFormat.WireType.Varint);
            output.WriteInt32(1);
        }

        return (T)message.Descriptor.Parser.ParseFrom(bytes.ToArray());
    }
}
