using Microsoft.Extensions.Configuration;

namespace AttentionCluster.Server.Configuration;

/// <summary>One of the places that settings come from.</summary>
/// <param name="Provider">Its settings, by keys such as <c>Cluster:Seeds</c>.</param>
/// <param name="Origin">Says, for a key, where its value was written: a file, an environment variable, an option.</param>
internal sealed record ConfigurationLayer(IConfigurationProvider Provider, Func<string, string> Origin)
{
    /// <summary>What the names of environment variables start with: <c>ATTN__Cluster__Seeds</c> is <c>Cluster:Seeds</c>.</summary>
    public const string EnvironmentPrefix = "ATTN__";

    /// <summary>A JSON file, in which comments and trailing commas are welcome.</summary>
    /// <exception cref="IOException">It can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="FormatException">It is no JSON object, or has a key twice.</exception>
    public static ConfigurationLayer FromFile(string path)
    {
        using FileStream file = File.OpenRead(path);
        return new ConfigurationLayer(Load(builder => builder.AddJsonStream(file)), _ => $"in {path}");
    }

    /// <summary>The environment of this process.</summary>
    public static ConfigurationLayer FromEnvironment() => new(
        Load(builder => builder.AddEnvironmentVariables(EnvironmentPrefix)),
        key => $"environment variable {EnvironmentPrefix}{key.Replace(ConfigurationPath.KeyDelimiter, "__", StringComparison.Ordinal)}");

    /// <summary>Options of a command line.</summary>
    /// <param name="options">For each that was written: its key, its name and its value.</param>
    public static ConfigurationLayer FromCommandLine(IReadOnlyCollection<(string Key, string Name, string Value)> options) => new(
        Load(builder => builder.AddInMemoryCollection(options.ToDictionary(option => option.Key, string? (option) => option.Value))),
        key => options.First(option => key.StartsWith(option.Key, StringComparison.OrdinalIgnoreCase)).Name);

    private static IConfigurationProvider Load(Action<IConfigurationBuilder> add)
    {
        var builder = new ConfigurationBuilder();
        add(builder);
        try
        {
            return builder.Build().Providers.Single();
        }
        catch (Exception problem) when (problem is System.Text.Json.JsonException or InvalidOperationException)
        {
            // The latter is a text that is no Unicode, such as half of a surrogate pair.
            throw new FormatException(problem.Message, problem);
        }
    }
}
