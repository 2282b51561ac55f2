using System.Globalization;

namespace AttentionCluster.Core.Attention;

/// <summary>
/// The version of what decides a result's bits beside the inputs, the options, the keys per segment and the <see cref="BitFamily"/>: the
/// order and the rounding of all operations. It changes whenever a release changes a bit of any result, and with nothing else. Workers of
/// different versions never compute one job.
/// </summary>
internal static class BitContract
{
    /// <summary>
    /// That of this build. 2: rows of packed documents whose numbers of rows and keys differ, rows beside whose constant scores were lost,
    /// products and sums that leave float32, and what 64 bits hold and 32 don't, or 32 and 16, have other bits than under 1; all other jobs
    /// have the same.
    /// </summary>
    public const int Version = 2;

    /// <summary>That of journals which name none: they are of 0.1.0, the release before the contract had a number.</summary>
    public const int OfUnnumbered = 1;

    /// <summary>The key of a result's metadata that holds <see cref="Name"/>.</summary>
    public const string MetadataName = "attn_bits";

    /// <summary>The key of a result's metadata that holds the keys per segment.</summary>
    public const string KeysPerSegmentName = "attn_keys_per_segment";

    /// <summary>
    /// A family and a version as one word, such as <c>fused-1</c>: two results of one job with the same word, inputs, options and keys per
    /// segment have the same bits.
    /// </summary>
    public static string Name(BitFamily family, int version = Version) =>
        string.Create(CultureInfo.InvariantCulture, $"{family.Name()}-{version}");
}
