using AttentionCluster.Core.Attention;

namespace AttentionCluster.Client.Submitting;

/// <summary>The options of a job as a query string: only those that are not the default.</summary>
internal static class OptionQuery
{
    /// <summary>Empty, or from the question mark on.</summary>
    public static string Build(AttentionOptions options)
    {
        string[] parts =
        [
            .. from option in OptionCatalog.All
               where !option.IsDefault(options)
               select $"{option.Name}={Escape(option.Write(options)!)}",
        ];
        return parts.Length == 0 ? "" : "?" + string.Join('&', parts);
    }

    /// <summary>A comma may stand in a query as it is; the plus sign of 1E+20 would be read as a space.</summary>
    private static string Escape(string value) => Uri.EscapeDataString(value).Replace("%2C", ",", StringComparison.Ordinal);
}
