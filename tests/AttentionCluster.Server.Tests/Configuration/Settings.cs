using AttentionCluster.Server.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;

namespace AttentionCluster.Server.Tests.Configuration;

/// <summary>Reads a node's configuration as <c>attn serve</c> does, on a machine with 16 GiB.</summary>
internal static class Settings
{
    /// <summary>Of a cluster.</summary>
    internal const string Secret = "0123456789abcdef0123456789abcdef";

    private const long MachineBytes = 16L << 30;

    /// <summary>A layer that is called by its name in messages.</summary>
    internal static ConfigurationLayer Layer(string name, params (string Key, string? Value)[] settings)
    {
        var source = new MemoryConfigurationSource
        {
            InitialData = settings.Select(setting =>
            KeyValuePair.Create(setting.Key, setting.Value))
        };
        return new ConfigurationLayer(source.Build(new ConfigurationBuilder()), _ => name);
    }

    /// <summary>What stands for the defaults that depend on the machine.</summary>
    internal static ConfigurationLayer Machine { get; } = Layer("the machine", ("Node:MemoryBytesMax", "1GiB"), ("Node:Threads", "2"));

    /// <summary>Reads layers over those of the machine, and touches nothing.</summary>
    internal static ServeOptions Read(params ConfigurationLayer[] layers)
    {
        ServeOptions options = Read(out SettingsReader settings, layers);
        Assert.Empty(settings.Problems);
        return options;
    }

    /// <summary>What is wrong with some settings.</summary>
    internal static IReadOnlyList<string> Problems(params (string Key, string? Value)[] settings) => Problems(Layer("test", settings));

    /// <summary>What is wrong with some layers.</summary>
    internal static IReadOnlyList<string> Problems(params ConfigurationLayer[] layers)
    {
        Read(out SettingsReader settings, layers);
        return settings.Problems;
    }

    /// <summary>All keys that there are.</summary>
    internal static IReadOnlyCollection<string> KnownKeys()
    {
        Read(out SettingsReader settings);
        return settings.Known;
    }

    private static ServeOptions Read(out SettingsReader settings, params ConfigurationLayer[] layers)
    {
        settings = new SettingsReader([Machine, .. layers]);
        return ServeConfiguration.Read(settings, MachineBytes, out _);
    }
}
