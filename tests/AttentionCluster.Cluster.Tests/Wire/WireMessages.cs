using System.Collections;
using AttentionCluster.Cluster.Wire;
using CsCheck;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace AttentionCluster.Cluster.Tests;

/// <summary>The messages of <c>control.proto</c>, and the events of <c>journal.proto</c>.</summary>
internal static class WireMessages
{
    /// <summary>Those that actors send one another: not parts of others.</summary>
    internal static IReadOnlyList<MessageDescriptor> TopLevel { get; } =
        [.. All().Where(type => !Parts().Contains(type))];

    /// <summary>A message of any type, with every field set.</summary>
    internal static Gen<IMessage> Any { get; } =
        Gen.Select(Gen.Int[0, TopLevel.Count - 1], Gen.Int).Select((type, seed) => Fill(TopLevel[type], new Random(seed)));

    internal static IMessage Fill(MessageDescriptor type, Random random)
    {
        IMessage message = type.Parser.ParseFrom(ByteString.Empty);
        foreach (FieldDescriptor field in type.Fields.InDeclarationOrder())
        {
            if (field.IsRepeated)
                AddValues((IList)field.Accessor.GetValue(message), field, random);
            else
                field.Accessor.SetValue(message, Value(field, random));
        }

        return message;
    }

    private static void AddValues(IList values, FieldDescriptor field, Random random)
    {
        for (int count = random.Next(1, 4); count > 0; count--)
            values.Add(Value(field, random));
    }

    private static object Value(FieldDescriptor field, Random random) => field.FieldType switch
    {
        FieldType.String => $"ä{random.Next()}",
        FieldType.Int32 => random.Next(int.MinValue, int.MaxValue),
        FieldType.Int64 => random.NextInt64(long.MinValue, long.MaxValue),
        FieldType.UInt64 => (ulong)random.NextInt64(long.MinValue, long.MaxValue),
        FieldType.Bool => random.Next(2) == 0,
        FieldType.Float => random.NextSingle() - 0.5f,
        FieldType.Double => random.NextDouble() - 0.5,
        FieldType.Bytes => ByteString.CopyFrom(BitConverter.GetBytes(random.NextInt64())),
        FieldType.Message => Fill(field.MessageType, random),
        _ => throw new NotSupportedException($"{field.FullName} is of type {field.FieldType}"),
    };

    private static HashSet<MessageDescriptor> Parts() =>
        [.. from type in All()
            from field in type.Fields.InDeclarationOrder()
            where field.FieldType == FieldType.Message
            select field.MessageType];

    private static IEnumerable<MessageDescriptor> All() =>
        ControlReflection.Descriptor.MessageTypes.Concat(JournalReflection.Descriptor.MessageTypes);
}
