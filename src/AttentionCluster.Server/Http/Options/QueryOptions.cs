using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace AttentionCluster.Server.Http.Options;

/// <summary>
/// The options of <see cref="OptionCatalog"/> as a query string spells them. One that is not known is refused by name: an option that is
/// silently ignored gives a wrong number.
/// </summary>
internal static class QueryOptions
{
    private static readonly string s_names = string.Join(", ", OptionCatalog.All.Select(option => option.Name));

    /// <summary>Reads a query string.</summary>
    /// <returns>The options, or null with the reason.</returns>
    internal static AttentionOptions? Parse(IQueryCollection query, out Refusal? refusal)
    {
        var options = new AttentionOptions();
        foreach ((string name, StringValues values) in query)
        {
            OptionDescriptor? option = OptionCatalog.Find(name);
            refusal =
                option is null ? new Refusal(ErrorCode.UnknownOption, $"there is no option '{name}'; there are {s_names}") :
                values.Count != 1 ? new Refusal(ErrorCode.WrongOption, $"{name} is given {values.Count} times; give it once") :
                null;
            if (refusal is not null)
                return null;
            if (option!.Read(values[0]!, options, out string wanted) is not { } applied)
            {
                refusal = new Refusal(ErrorCode.WrongOption, $"{name} is '{values[0]}'; it must be {wanted}");
                return null;
            }

            options = applied;
        }

        refusal = null;
        return options;
    }
}
