using System.Collections;
using Akka.Actor;
using AttentionCluster.Cluster.Hosting;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Segments;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core.Planning;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace AttentionCluster.Cluster.Tests.Wire;

/// <summary>Every message between nodes fits into a frame, whatever a legal job holds.</summary>
public sealed class MessageSizeTests
{
    /// <summary>Names of nodes, hosts, jobs and tensors are shorter.</summary>
    private const int NameMax = 300;

    /// <summary>
    /// How many there can be of what a message repeats. A field that is missing here has no bound that anybody has thought of.
    /// </summary>
    private static readonly Dictionary<string, int> s_counts = new()
    {
        [$"{nameof(ShardWeights)}.shards"] = SegmentRouting.ShardsMax,
        [$"{nameof(ComputeTask)}.alibi_slopes"] = TaskMessages.SlopesMax,
        [$"{nameof(ComputeTask)}.auxiliary"] = 6,
        [$"{nameof(ComputeTask)}.position_rows"] = AttentionPlan.PositionRunsMax,
        [$"{nameof(ComputeTask)}.position_offsets"] = AttentionPlan.PositionRunsMax,
    };

    [Fact]
    public void The_largest_of_each_kind_can_be_sent()
    {
        using ActorSystem system = ActorSystem.Create("sizes", AkkaSettings.ForEveryNode().WithFallback("akka.loglevel = off"));
        long max = MessageSize.Max(system);

        Assert.InRange(max, 512 << 10, 1 << 20);
        Assert.All(ControlReflection.Descriptor.MessageTypes, type => Assert.Null(MessageSize.Check(Largest(type), max)));
    }

    [Fact]
    public void One_that_is_too_large_is_named()
    {
        var task = new ComputeTask { Job = new string('x', 2000) };

        Assert.Null(MessageSize.Check(task, task.CalculateSize()));
        Assert.Contains("ComputeTask", MessageSize.Check(task, task.CalculateSize() - 1), StringComparison.Ordinal);
    }

    [Fact]
    public void A_reason_is_as_long_as_a_message_has_room_for()
    {
        string reason = new('x', 1 << 20);

        Assert.Equal("short", MessageSize.Bounded("short"));
        Assert.InRange(MessageSize.Bounded(reason).Length, 1_000, 3_000);
    }

    private static IMessage Largest(MessageDescriptor type)
    {
        IMessage message = type.Parser.ParseFrom(ByteString.Empty);
        foreach (FieldDescriptor field in type.Fields.InDeclarationOrder())
        {
            if (!field.IsRepeated)
            {
                field.Accessor.SetValue(message, Value(field));
                continue;
            }

            var values = (IList)field.Accessor.GetValue(message);
            for (int left = s_counts.GetValueOrDefault($"{type.Name}.{field.Name}", SegmentRouting.ShardsMax); left > 0; left--)
                values.Add(Value(field));
        }

        return message;
    }

    private static object Value(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.String => new string('x', field.Name == "reason" ? MessageSize.ReasonMax + 3 : NameMax),
        FieldType.Bytes => ByteString.CopyFrom(new byte[NameMax]),
        FieldType.Int32 => -1,
        FieldType.UInt32 => uint.MaxValue,
        FieldType.Int64 => -1L,
        FieldType.UInt64 => ulong.MaxValue,
        FieldType.Bool => true,
        FieldType.Float => 1f,
        FieldType.Double => 1.0,
        FieldType.Message => Largest(field.MessageType),
        _ => throw new NotSupportedException($"{field.FullName} is of type {field.FieldType}"),
    };
}
