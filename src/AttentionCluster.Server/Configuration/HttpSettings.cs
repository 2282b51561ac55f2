namespace AttentionCluster.Server.Configuration;

/// <summary>The section <c>Http</c>, and what <c>Security</c> says of it.</summary>
internal static class HttpSettings
{
    private static readonly HttpOptions s_defaults = new();

    internal static HttpOptions Read(SettingsReader settings, string? token)
    {
        var http = new HttpOptions
        {
            Urls = settings.List(Key(nameof(HttpOptions.Urls)), s_defaults.Urls),
            AllowedHosts = settings.List(Key(nameof(HttpOptions.AllowedHosts)), s_defaults.AllowedHosts),
            CertificateFile = settings.Text(Key(nameof(HttpOptions.CertificateFile))),
            KeyFile = settings.Text(Key(nameof(HttpOptions.KeyFile))),
            Token = token,
            AllowAnonymous = settings.Value(Key(nameof(HttpOptions.AllowAnonymous)), false, SettingText.Flag),
            ConnectionsMax = settings.Value(Key(nameof(HttpOptions.ConnectionsMax)), s_defaults.ConnectionsMax, SettingText.Integer),
            ConnectionsPerAddressMax = settings.Value<int>(Key(nameof(HttpOptions.ConnectionsPerAddressMax)), SettingText.Integer),
            BufferBytesMax = settings.Value(Key(nameof(HttpOptions.BufferBytesMax)), s_defaults.BufferBytesMax, SettingText.SmallBytes),
            BodyBytesMax = settings.Value(Key(nameof(HttpOptions.BodyBytesMax)), s_defaults.BodyBytesMax, SettingText.Bytes),
            HeaderBytesMax = settings.Value(Key(nameof(HttpOptions.HeaderBytesMax)), s_defaults.HeaderBytesMax, SettingText.SmallBytes),
            HeaderTimeout = settings.Value(Key(nameof(HttpOptions.HeaderTimeout)), s_defaults.HeaderTimeout, SettingText.Duration),
            IdleTimeout = settings.Value(Key(nameof(HttpOptions.IdleTimeout)), s_defaults.IdleTimeout, SettingText.Duration),
            StallTimeout = settings.Value(Key(nameof(HttpOptions.StallTimeout)), s_defaults.StallTimeout, SettingText.Duration),
            BytesPerSecondMin = settings.Value(Key(nameof(HttpOptions.BytesPerSecondMin)), s_defaults.BytesPerSecondMin, SettingText.SmallBytes),
        };
        settings.Refuse(http.Validate(), Key);
        return http;
    }

    /// <summary>The key of a property of <see cref="HttpOptions"/>.</summary>
    private static string Key(string property) => property switch
    {
        nameof(HttpOptions.Token) or nameof(HttpOptions.AllowAnonymous) => $"Security:{property}",
        _ => $"Http:{property}",
    };
}
