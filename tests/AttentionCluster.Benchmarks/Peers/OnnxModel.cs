using Google.Protobuf;

namespace AttentionCluster.Benchmarks.Peers;

/// <summary>Models of one node, in the wire format of <c>onnx.proto</c>.</summary>
internal static class OnnxModel
{
    private const int AttributeFloat = 1, AttributeInteger = 2, TypeFloat32 = 1;

    /// <summary>A model.</summary>
    /// <param name="operation">What the node is.</param>
    /// <param name="domain">Of which set of operators; the standard one is empty.</param>
    /// <param name="version">Of which version of it.</param>
    /// <param name="inputs">Names and axes of its float32 inputs; a name without axes is an input that is left out.</param>
    /// <param name="output">Name and axes of its float32 output.</param>
    /// <param name="attributes">From <see cref="Integer"/> and <see cref="Float"/>.</param>
    internal static byte[] Of(
        string operation, string domain, int version, (string Name, long[] Axes)[] inputs, (string Name, long[] Axes) output,
            params byte[][] attributes)
    {
        byte[] node = Message(
            [.. inputs.Select(input => Text(1, input.Axes.Length == 0 ? "" : input.Name)), Text(2, output.Name), Text(4, operation),
                Text(7, domain),
            .. attributes.Select(attribute => Nested(5, attribute))]);
        byte[] graph = Message(
            [Nested(1, node), Text(2, "attention"),
            .. from input in inputs where input.Axes.Length > 0 select Nested(11, Value(input.Name, input.Axes)),
            Nested(12, Value(output.Name, output.Axes))]);
        Action<CodedOutputStream>[] sets = [
            Nested(8, Message(Text(1, ""), Number(2, domain.Length == 0 ? version : 17))),
            .. domain.Length == 0 ? [] : new[] { Nested(8, Message(Text(1, domain), Number(2, version))) }];
        return Message([Number(1, domain.Length == 0 ? 11 : 8), Nested(7, graph), .. sets]);
    }

    /// <summary>An attribute that is an integer.</summary>
    internal static byte[] Integer(string name, long number) => Message(Text(1, name), Number(3, number), Number(20, AttributeInteger));

    /// <summary>An attribute that is a number.</summary>
    internal static byte[] Float(string name, float number) => Message(
        Text(1, name),
        output =>
        {
            output.WriteTag(2, WireFormat.WireType.Fixed32);
            output.WriteFloat(number);
        },
        Number(20, AttributeFloat));

    private static byte[] Value(string name, long[] axes)
    {
        byte[] dimensions = Message([.. axes.Select(axis => Nested(1, Message(Number(1, axis))))]);
        byte[] type = Message(Nested(1, Message(Number(1, TypeFloat32), Nested(2, dimensions))));
        return Message(Text(1, name), Nested(2, type));
    }

    private static byte[] Message(params Action<CodedOutputStream>[] fields)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes))
        {
            foreach (Action<CodedOutputStream> write in fields)
                write(output);
        }

        return bytes.ToArray();
    }

    private static Action<CodedOutputStream> Text(int field, string text) => output =>
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteString(text);
    };

    private static Action<CodedOutputStream> Number(int field, long number) => output =>
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt64(number);
    };

    private static Action<CodedOutputStream> Nested(int field, byte[] message) => output =>
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(message));
    };
}
