using AttentionCluster.Core.Attention;

namespace AttentionCluster.Server.Http.Options;

/// <summary>An option of an attention job in a query string.</summary>
/// <param name="Name">In snake case.</param>
/// <param name="Description">For people.</param>
/// <param name="Form">What its value is.</param>
/// <param name="Words">The words that it may be, if it is one of a few.</param>
/// <param name="Read">Applies a value to options.</param>
internal sealed record QueryOption(string Name, string Description, QueryOptionForm Form, IReadOnlyList<string> Words, QueryOption.Reader Read)
{
    /// <summary>Applies a text to options; null with what is wanted when it can't be read.</summary>
    internal delegate AttentionOptions? Reader(string text, AttentionOptions options, out string wanted);
}
