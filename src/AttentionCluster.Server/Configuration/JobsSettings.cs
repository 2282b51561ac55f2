using AttentionCluster.Server.Http;

namespace AttentionCluster.Server.Configuration;

/// <summary>The section <c>Jobs</c>: what a gateway takes, runs and keeps.</summary>
internal static class JobsSettings
{
    private static readonly AttentionApiOptions s_defaults = new();

    internal static AttentionApiOptions Read(SettingsReader settings)
    {
        var api = new AttentionApiOptions
        {
            JobsRunningMax = settings.Value(Key(nameof(AttentionApiOptions.JobsRunningMax)), s_defaults.JobsRunningMax, SettingText.Integer),
            JobsQueuedMax = settings.Value(Key(nameof(AttentionApiOptions.JobsQueuedMax)), s_defaults.JobsQueuedMax, SettingText.Integer),
            CallsQueuedMax = settings.Value(Key(nameof(AttentionApiOptions.CallsQueuedMax)), s_defaults.CallsQueuedMax, SettingText.Integer),
            UploadsPerAddressMax = settings.Value<int>(Key(nameof(AttentionApiOptions.UploadsPerAddressMax)), SettingText.Integer),
            SmallJobFlopsMax = settings.Value(Key(nameof(AttentionApiOptions.SmallJobFlopsMax)), s_defaults.SmallJobFlopsMax, SettingText.Number),
            AttentionBytesMax = settings.Value(Key(nameof(AttentionApiOptions.AttentionBytesMax)), s_defaults.AttentionBytesMax, SettingText.Bytes),
            HeaderBytesMax = settings.Value(Key(nameof(AttentionApiOptions.HeaderBytesMax)), s_defaults.HeaderBytesMax, SettingText.SmallBytes),
            StoreBytesMax = settings.Value(Key(nameof(AttentionApiOptions.StoreBytesMax)), s_defaults.StoreBytesMax, SettingText.Bytes),
            JobsKeptMax = settings.Value(Key(nameof(AttentionApiOptions.JobsKeptMax)), s_defaults.JobsKeptMax, SettingText.Integer),
            ResultAgeMax = settings.Value(Key(nameof(AttentionApiOptions.ResultAgeMax)), s_defaults.ResultAgeMax, SettingText.Duration),
            SweepInterval = settings.Value(Key(nameof(AttentionApiOptions.SweepInterval)), s_defaults.SweepInterval, SettingText.Duration),
            UploadBytesPerSecondMin = settings.Value(
                Key(nameof(AttentionApiOptions.UploadBytesPerSecondMin)), s_defaults.UploadBytesPerSecondMin, SettingText.Number),
            UploadGracePeriod = settings.Value(Key(nameof(AttentionApiOptions.UploadGracePeriod)), s_defaults.UploadGracePeriod, SettingText.Duration),
            EventInterval = settings.Value(Key(nameof(AttentionApiOptions.EventInterval)), s_defaults.EventInterval, SettingText.Duration),
            HeartbeatInterval = settings.Value(Key(nameof(AttentionApiOptions.HeartbeatInterval)), s_defaults.HeartbeatInterval, SettingText.Duration),
        };
        settings.Refuse(api.Refusals(), Key);
        return api;
    }

    /// <summary>The key of a property of <see cref="AttentionApiOptions"/>.</summary>
    internal static string Key(string property) => $"Jobs:{property}";
}
