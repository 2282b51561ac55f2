using System.Globalization;
using Akka.Cluster;
using Akka.Configuration;

namespace AttentionCluster.Cluster.Versions;

/// <summary>
/// What a node must tell of its build before others work with it. It travels with the cluster's membership, like names: so every node knows
/// it of every other before the first message between them, even of one that never answers.
/// </summary>
/// <param name="Product">For people.</param>
/// <param name="OldestProtocol">The oldest <see cref="ControlProtocol"/> that it understands.</param>
/// <param name="Protocol">The one that it speaks.</param>
/// <param name="BitContract">The <see cref="Core.Attention.BitContract"/> that it computes by.</param>
internal sealed record NodeVersion(string Product, int OldestProtocol, int Protocol, int BitContract)
{
    private const string ProtocolPrefix = "protocol:";
    private const string BitsPrefix = "bit-contract:";

    /// <summary>That of this build.</summary>
    internal static NodeVersion Own { get; } =
        new(ProductVersion.Current, ControlProtocol.OldestUnderstood, ControlProtocol.Current, Core.Attention.BitContract.Version);

    /// <summary>Says nothing: a build from before these versions.</summary>
    private bool IsUnknown => Protocol == 0;

    /// <summary>What a member of the cluster has told.</summary>
    internal static NodeVersion Of(Member member)
    {
        string product = member.AppVersion.Version;
        return RoleOf(member, ProtocolPrefix)?.Split('-') is [string first, string last] && Number(first) is { } oldest
            && Number(last) is { } newest
            && RoleOf(member, BitsPrefix) is { } bits && Number(bits) is { } contract
            ? new NodeVersion(product, oldest, newest, contract)
            : new NodeVersion(product, 0, 0, 0);
    }

    /// <summary>The setting that tells the others the product's version.</summary>
    internal Config Settings() => ConfigurationFactory.ParseString($"akka.cluster.app-version = \"{Product}\"");

    /// <summary>What tells them the rest: roles that only nodes read.</summary>
    internal IEnumerable<string> Roles() =>
    [
        string.Create(CultureInfo.InvariantCulture, $"{ProtocolPrefix}{OldestProtocol}-{Protocol}"),
        string.Create(CultureInfo.InvariantCulture, $"{BitsPrefix}{BitContract}"),
    ];

    /// <summary>Why a node can't work with another.</summary>
    /// <returns>Null when it can.</returns>
    internal string? WhyNotWith(NodeVersion other)
    {
        string? difference =
            other.IsUnknown ? "does not say which control protocol it speaks, so it is of an older release" :
            OldestProtocol > other.Protocol || other.OldestProtocol > Protocol
                ? string.Create(CultureInfo.InvariantCulture, $"speaks control protocol {other.Protocol} and understands those from {other.OldestProtocol} on, and version {Product} speaks {Protocol} and understands those from {OldestProtocol} on") :
            other.BitContract != BitContract
                ? string.Create(CultureInfo.InvariantCulture,
                    $"computes by bit contract {other.BitContract}, and version {Product} by {BitContract}") :
            null;
        return difference is null ? null : $"version {other.Product} {difference}: no task goes between them; have all nodes run one "
            + $"release";
    }

    private static string? RoleOf(Member member, string prefix) =>
        member.Roles.FirstOrDefault(role => role.StartsWith(prefix, StringComparison.Ordinal))?[prefix.Length..];

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number
        : null;
}
