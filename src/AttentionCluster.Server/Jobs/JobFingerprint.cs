using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;

namespace AttentionCluster.Server.Jobs;

/// <summary>
/// What two requests with the same idempotency key must have in common before their numbers are read: the options, and the tensors of the
/// header. The numbers are <see cref="JobContent"/>.
/// </summary>
/// <param name="Options">What the query asked for.</param>
/// <param name="Tensors">Names, types and axes, sorted by name.</param>
internal sealed record JobFingerprint(AttentionOptions Options, string Tensors)
{
    internal static JobFingerprint Of(AttentionOptions options, SafetensorsPrefix body) => new(options, string.Join(
        "; ",
        body.Entries
            .Select(tensor => $"{tensor.Name} {tensor.Type} [{string.Join(", ", tensor.Dimensions)}]")
            .Concat(body.OtherEntries.Select(other => $"{other.Name} {other.Dtype} [{string.Join(", ", other.Dimensions)}]"))
            .Order(StringComparer.Ordinal)));
}
