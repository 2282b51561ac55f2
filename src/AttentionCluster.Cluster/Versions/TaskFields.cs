using System.Collections;
using System.Collections.Frozen;
using System.Globalization;
using AttentionCluster.Cluster.Wire;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace AttentionCluster.Cluster.Versions;

/// <summary>
/// The fields of a <see cref="ComputeTask"/> and of what is in it, each as the numbers on the way to it: <c>23.2.6</c> is the element type
/// of a tensor beside Q, K and V. A worker says which it knows, and is sent no task with others: a field that is not read may change what
/// is computed.
/// </summary>
internal static class TaskFields
{
    /// <summary>Those that this build knows.</summary>
    internal static FrozenSet<string> All { get; } = Known(ComputeTask.Descriptor, "").ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Those that a message sets.</summary>
    internal static IReadOnlySet<string> Used(ComputeTask task) => Used(task, "").ToHashSet(StringComparer.Ordinal);

    private static IEnumerable<string> Known(MessageDescriptor message, string prefix) =>
        message.Fields.InDeclarationOrder().SelectMany(field =>
        field.FieldType == FieldType.Message ? Known(field.MessageType, Path(prefix, field) + '.').Append(Path(prefix, field))
            : [Path(prefix, field)]);

    private static IEnumerable<string> Used(IMessage message, string prefix)
    {
        foreach (FieldDescriptor field in message.Descriptor.Fields.InDeclarationOrder())
        {
            object? value = field.Accessor.GetValue(message);
            if (!IsSet(value))
                continue;
            yield return Path(prefix, field);
            if (field.FieldType != FieldType.Message)
                continue;
            foreach (IMessage inner in field.IsRepeated ? ((IList)value!).Cast<IMessage>() : [(IMessage)value!])
            {
                foreach (string path in Used(inner, Path(prefix, field) + '.'))
                    yield return path;
            }
        }
    }

    /// <summary>What has its default is not sent.</summary>
    private static bool IsSet(object? value) => value switch
    {
        null => false,
        IList list => list.Count > 0,
        string text => text.Length > 0,
        IMessage => true,
        _ => !value.Equals(Activator.CreateInstance(value.GetType())),
    };

    private static string Path(string prefix, FieldDescriptor field) => prefix + field.FieldNumber.ToString(CultureInfo.InvariantCulture);
}
