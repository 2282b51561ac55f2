using System.Globalization;
using AttentionCluster.Core;
using Microsoft.Extensions.Configuration;

namespace AttentionCluster.Server.Configuration;

/// <summary>
/// Reads settings from layers, of which the last that has one wins, and collects what is wrong with them. A key is known when it has
/// been read: all others are refused at the end.
/// </summary>
/// <param name="layers">From the weakest to the strongest.</param>
internal sealed class SettingsReader(IReadOnlyList<ConfigurationLayer> layers)
{
    private readonly SortedSet<string> _known = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _lists = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _problems = [];

    /// <summary>What is wrong so far, each with its key and where that was written.</summary>
    internal IReadOnlyList<string> Problems => _problems;

    /// <summary>The keys that have been read.</summary>
    internal IReadOnlyCollection<string> Known => _known;

    /// <summary>Reads the text of a value; null with a description of what is wanted when it can't be.</summary>
    internal delegate T? Reading<T>(string text, out string wanted);

    /// <summary>
    /// A setting as it was written; null when it was not, or when it has a character that no path and no address can have.
    /// </summary>
    internal string? Text(string key)
    {
        _known.Add(key);
        string? text = Find(key)?.Text;
        if (text is null || !text.Contains('\0', StringComparison.Ordinal))
            return text;
        Refuse(key, "it has a null character; it must be without one");
        return null;
    }

    /// <summary>A setting, or what stands for it when it was not written or can't be read.</summary>
    internal T Value<T>(string key, T otherwise, Reading<T?> read)
        where T : struct => Value(key, read) ?? otherwise;

    /// <summary>A setting; null when it was not written or can't be read.</summary>
    internal T? Value<T>(string key, Reading<T?> read)
        where T : struct
    {
        if (Text(key) is not { } text)
            return null;
        T? value = read(text, out string wanted);
        if (value is null)
            Refuse(key, $"it is \"{text}\"; it must be {wanted}");
        return value;
    }

    /// <summary>Several values: a JSON array, or one text with commas between them. The strongest layer's list counts, whole.</summary>
    internal IReadOnlyList<string> List(string key, IReadOnlyList<string> otherwise)
    {
        _known.Add(key);
        _lists.Add(key);
        foreach (ConfigurationLayer layer in layers.Reverse())
        {
            string[] items = [.. ChildrenOf(layer, key).Where(IsIndex).OrderBy(Index).Select(child => Get(layer, $"{key}:{child}") ?? "")];
            if (items.Length > 0)
                return items;
            if (Get(layer, key) is { } text)
                return text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        }

        return otherwise;
    }

    /// <summary>Notes that a setting can't be used.</summary>
    internal void Refuse(string key, string reason) => _problems.Add($"{key} ({Origin(key)}): {reason}");

    /// <summary>Notes what a set of options has found wrong with itself.</summary>
    /// <param name="refusals">Each with the property that is to blame.</param>
    /// <param name="keyOf">The key of a property.</param>
    internal void Refuse(IEnumerable<Refusal> refusals, Func<string, string> keyOf)
    {
        foreach (Refusal refusal in refusals)
            Refuse(keyOf(refusal.Option!), refusal.Message);
    }

    /// <summary>Notes every key that no option has. To be called when all have been read.</summary>
    internal void RefuseUnknown()
    {
        foreach (ConfigurationLayer layer in layers)
        {
            foreach (string key in KeysOf(layer, null).Where(key => !IsKnown(layer, key)))
                _problems.Add($"{key} ({layer.Origin(key)}): there is no such key; known are {string.Join(", ", KnownNear(key))}");
        }
    }

    private static IEnumerable<string> KeysOf(ConfigurationLayer layer, string? parent)
    {
        string[] children = [.. ChildrenOf(layer, parent)];
        return children.Length == 0 && parent is not null
            ? [parent]
            : children.SelectMany(child => KeysOf(layer, parent is null ? child : ConfigurationPath.Combine(parent, child)));
    }

    private static IEnumerable<string> ChildrenOf(ConfigurationLayer layer, string? key) =>
        layer.Provider.GetChildKeys([], key).Distinct(StringComparer.OrdinalIgnoreCase);

    private static string? Get(ConfigurationLayer layer, string key) => layer.Provider.TryGet(key, out string? text) ? text : null;

    private static bool IsIndex(string segment) => int.TryParse(segment, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static int Index(string segment) => int.Parse(segment, NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>A known key, an item of a known list, or a section without anything in it.</summary>
    private bool IsKnown(ConfigurationLayer layer, string key) =>
        _known.Contains(key)
        || (IsIndex(ConfigurationPath.GetSectionKey(key)) && _lists.Contains(ConfigurationPath.GetParentPath(key)!))
        || (string.IsNullOrEmpty(Get(layer, key)) && KnownIn(key).Any());

    private IEnumerable<string> KnownIn(string? section) =>
        _known.Where(known => known.StartsWith($"{section}:", StringComparison.OrdinalIgnoreCase));

    /// <summary>What may have been meant: the other keys of its section, or all sections.</summary>
    private IEnumerable<string> KnownNear(string key)
    {
        for (string? section = ConfigurationPath.GetParentPath(key); section is not null; section = ConfigurationPath.GetParentPath(
            section))
        {
            if (KnownIn(section).ToArray() is { Length: > 0 } near)
                return near;
        }

        return _known.Select(known => known.Split(':')[0]).Distinct(StringComparer.OrdinalIgnoreCase);
    }

    private (ConfigurationLayer Layer, string Text)? Find(string key)
    {
        foreach (ConfigurationLayer layer in layers.Reverse())
        {
            if (Get(layer, key) is { } text)
                return (layer, text);
        }

        return null;
    }

    private string Origin(string key) =>
        layers.LastOrDefault(layer => Get(layer, key) is not null || ChildrenOf(layer, key).Any())?.Origin(key) ?? "by default";
}
