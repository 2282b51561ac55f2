using AttentionCluster.Server.Jobs;

namespace AttentionCluster.Server.Configuration;

/// <summary>The section <c>Jobs</c>: what a gateway takes, runs and keeps.</summary>
internal static class JobsSettings
{
    internal static JobsOptions Read(SettingsReader settings)
    {
        JobsOptions api = settings.Bind(new JobsOptions(), Key);
        settings.Refuse(api.Validate(), Key);
        return api;
    }

    /// <summary>The key of a property of <see cref="JobsOptions"/>.</summary>
    internal static string Key(string property) => $"Jobs:{property}";
}
