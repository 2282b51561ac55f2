using System.Collections.Frozen;
using System.Text.Json;

namespace AttentionCluster.Core;

/// <summary>The public names of <see cref="ErrorCode"/>.</summary>
public static class ErrorCodes
{
    /// <summary>What records of earlier versions call what has another name now.</summary>
    private static readonly (string Name, ErrorCode Code)[] s_earlier = [("result-not-writable", ErrorCode.StoreNotWritable)];

    private static readonly FrozenDictionary<ErrorCode, string> s_names =
        Enum.GetValues<ErrorCode>().ToFrozenDictionary(code => code, code => JsonNamingPolicy.KebabCaseLower.ConvertName($"{code}"));

    private static readonly FrozenDictionary<string, ErrorCode> s_codes = s_names
        .Select(entry => (Name: entry.Value, Code: entry.Key)).Concat(s_earlier)
        .ToFrozenDictionary(entry => entry.Name, entry => entry.Code, StringComparer.Ordinal);

    /// <summary>All codes.</summary>
    public static IReadOnlyList<ErrorCode> All { get; } = Enum.GetValues<ErrorCode>();

    /// <summary>The stable name, for programs: lower case with hyphens.</summary>
    public static string Name(this ErrorCode code) => s_names[code];

    /// <summary>The code of a name.</summary>
    /// <returns>Null for a name that this version does not know, and for none.</returns>
    public static ErrorCode? Find(string? name) => name is not null && s_codes.TryGetValue(name, out ErrorCode code) ? code : null;
}
