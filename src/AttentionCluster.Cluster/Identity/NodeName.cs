using System.Text.Json;
using Akka.Cluster;
using Akka.Configuration;

namespace AttentionCluster.Cluster.Identity;

/// <summary>
/// The names of nodes travel with the cluster's membership, as a role of each: so every node knows them all, and which of two of one name
/// was there first.
/// </summary>
internal static class NodeName
{
    private const string Prefix = "name:";

    /// <summary>The setting for the roles of a node, its name among them. JSON's quotes are also HOCON's.</summary>
    internal static Config Roles(IEnumerable<string> roles, string name) =>
        ConfigurationFactory.ParseString($"akka.cluster.roles = {JsonSerializer.Serialize((string[])[.. roles, Prefix + name])}");

    /// <summary>What a node is called.</summary>
    internal static string Of(Member member) =>
        member.Roles.FirstOrDefault(role => role.StartsWith(Prefix, StringComparison.Ordinal))?[Prefix.Length..] ?? "";
}
