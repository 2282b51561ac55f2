using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;

namespace AttentionCluster.Server.Jobs;

/// <summary>What two requests with the same idempotency key must have in common: the options, and the tensors but for their numbers.</summary>
/// <param name="Options">What the query asked for.</param>
/// <param name="Tensors">Names, types and axes, sorted by name.</param>
internal sealed record JobFingerprint(AttentionOptions Options, string Tensors)
{
    internal static JobFingerprint Of(AttentionOptions options, SafetensorsPrefix body) => new(options, string.Join(
        "; ",
        body.Entries
            .Select(tensor => $"{tensor.Name} {tensor.Type} [{string.Join(", ", tensor.Dimensions)}]")
            .Order(StringComparer.Ordinal)));
}
