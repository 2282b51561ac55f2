using System.Globalization;
using AttentionCluster.Cluster;
using AttentionCluster.Cluster.Journal;
using AttentionCluster.Core;
using Microsoft.Extensions.Logging;

namespace AttentionCluster.Server.Configuration;

/// <summary>How the values of settings are written.</summary>
internal static class SettingText
{
    private static readonly (string Suffix, TimeSpan Unit)[] s_units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)), ("min", TimeSpan.FromMinutes(1)), ("s", TimeSpan.FromSeconds(1)),
            ("h", TimeSpan.FromHours(1)), ("d", TimeSpan.FromDays(1)),
    ];

    internal static int? Integer(string text, out string wanted)
    {
        wanted = $"an integer of at most {int.MaxValue}";
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) ? value : null;
    }

    internal static double? Number(string text, out string wanted)
    {
        wanted = "a number such as 1e11";
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : null;
    }

    internal static long? Bytes(string text, out string wanted) => ByteSize.Read(text, out wanted);

    /// <summary>Bytes of what is counted with an <c>int</c>.</summary>
    internal static int? SmallBytes(string text, out string wanted) =>
        Bytes(text, out wanted) is <= int.MaxValue and { } bytes ? (int)bytes : null;

    internal static bool? Flag(string text, out string wanted)
    {
        wanted = "true or false";
        return bool.TryParse(text, out bool value) ? value : null;
    }

    /// <summary>A time with its unit: no two people read a bare number, or <c>00:10</c>, in the same way.</summary>
    internal static TimeSpan? Duration(string text, out string wanted)
    {
        wanted = "a time such as 500ms, 10s, 5min, 1h or 1d";
        (string suffix, TimeSpan unit) = Array.Find(s_units, unit => text.EndsWith(unit.Suffix, StringComparison.Ordinal));
        return suffix is not null
            && double.TryParse(text.AsSpan()[..^suffix.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
                out double count)
            && count >= 0
            && count <= TimeSpan.MaxValue / unit / 2
                ? count * unit
                : null;
    }

    internal static (string Host, int Port)? Address(string text, out string wanted)
    {
        wanted = "host:port, such as 127.0.0.1:4053 or [::1]:4053";
        int colon = text.LastIndexOf(':');
        return colon > 0 && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            ? (text[..colon].Trim('[', ']'), port)
            : null;
    }

    internal static LogLevel? Level(string text, out string wanted)
    {
        wanted = string.Join(", ", Enum.GetNames<LogLevel>());
        return Enum.TryParse(text, ignoreCase: true, out LogLevel level) && Enum.IsDefined(level) && !IsIndex(text) ? level : null;
    }

    internal static JournalProvider? JournalProvider(string text, out string wanted)
    {
        wanted = string.Join(" or ", Enum.GetNames<JournalProvider>());
        return Enum.TryParse(text, ignoreCase: true, out JournalProvider provider) && Enum.IsDefined(provider) && !IsIndex(text) ? provider
            : null;
    }

    internal static NodeRoles? Role(string text) => text switch
    {
        "gateway" => NodeRoles.Gateway,
        "worker" => NodeRoles.Worker,
        _ => null,
    };

    private static bool IsIndex(string text) => int.TryParse(text, out _);
}
