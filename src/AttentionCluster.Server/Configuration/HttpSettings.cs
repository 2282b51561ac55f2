namespace AttentionCluster.Server.Configuration;

/// <summary>The section <c>Http</c>, and what <c>Security</c> says of it.</summary>
internal static class HttpSettings
{
    internal static HttpOptions Read(SettingsReader settings, string? token)
    {
        HttpOptions http = settings.Bind(new HttpOptions { Token = token }, Key, except: nameof(HttpOptions.Token));
        settings.Refuse(http.Validate(), Key);
        return http;
    }

    /// <summary>The key of a property of <see cref="HttpOptions"/>.</summary>
    internal static string Key(string property) => property switch
    {
        nameof(HttpOptions.Token) or nameof(HttpOptions.AllowAnonymous) => $"Security:{property}",
        _ => $"Http:{property}",
    };
}
