using System.Reflection;

namespace AttentionCluster.EndToEnd.Tests.Running;

/// <summary>The working copy that the tests were built from.</summary>
internal static class Repository
{
    /// <summary>Its top folder.</summary>
    public static string Root { get; } = typeof(Repository).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepositoryRoot").Value!;
}
