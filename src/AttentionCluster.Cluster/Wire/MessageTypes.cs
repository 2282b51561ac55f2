using System.Collections.Frozen;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace AttentionCluster.Cluster.Wire;

/// <summary>
/// The closed list of messages: those of <c>control.proto</c> and <c>journal.proto</c> that are not parts of others. The manifest of a
/// message is its name in kebab case. Manifests are written in journals, so no message is ever renamed.
/// </summary>
internal static partial class MessageTypes
{
    private static readonly MessageDescriptor[] s_types = [.. WholeMessages(ControlReflection.Descriptor, JournalReflection.Descriptor)];

    private static readonly FrozenDictionary<MessageDescriptor, string> s_manifests = s_types.ToFrozenDictionary(type => type, ManifestOf);

    private static readonly FrozenDictionary<string, MessageParser> s_parsers =
        s_types.ToFrozenDictionary(ManifestOf, type => type.Parser, StringComparer.Ordinal);

    /// <summary>
    /// Events of the journal never leave their gateway; the two messages by which nodes prove that they know the secret carry their own
    /// proof.
    /// </summary>
    private static readonly FrozenSet<string> s_unsealed = s_types
        .Where(type => type.File == JournalReflection.Descriptor || type == IdentifyNode.Descriptor || type == NodeIdentity.Descriptor)
        .Select(ManifestOf)
        .ToFrozenSet(StringComparer.Ordinal);

    /// <summary>All manifests.</summary>
    internal static IReadOnlyCollection<string> Manifests => s_parsers.Keys;

    /// <summary>Whether messages of this manifest bear the seal of their sender.</summary>
    internal static bool AreSealed(string manifest) => !s_unsealed.Contains(manifest);

    /// <summary>The manifest of a message; null when the object is not on the list.</summary>
    internal static string? ManifestOf(object message) => message is IMessage { Descriptor: { } type }
        ? s_manifests.GetValueOrDefault(type) : null;

    /// <summary>What reads messages of a manifest; null when it is not on the list.</summary>
    internal static MessageParser? ParserOf(string manifest) => s_parsers.GetValueOrDefault(manifest);

    private static string ManifestOf(MessageDescriptor type) => WordBoundary().Replace(type.Name, "-").ToLowerInvariant();

    private static IEnumerable<MessageDescriptor> WholeMessages(params FileDescriptor[] files)
    {
        MessageDescriptor[] all = [.. files.SelectMany(file => file.MessageTypes)];
        return all.Except(
            from type in all
            from field in type.Fields.InDeclarationOrder()
            where field.FieldType == FieldType.Message
            select field.MessageType);
    }

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])")]
    private static partial Regex WordBoundary();
}
