using System.Reflection;

namespace AttentionCluster.Cluster.Versions;

/// <summary>The version of this build, for people; nothing is decided by it.</summary>
internal static class ProductVersion
{
    /// <summary>Without what the compiler adds about the commit.</summary>
    public static string Current { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
