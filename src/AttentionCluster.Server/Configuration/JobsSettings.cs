using AttentionCluster.Server.Jobs;

namespace AttentionCluster.Server.Configuration;

/// <summary>The section <c>Jobs</c>: what a gateway takes, runs and keeps.</summary>
internal static class JobsSettings
{
    private static readonly JobsOptions s_defaults = new();

    internal static JobsOptions Read(SettingsReader settings)
    {
        var api = new JobsOptions
        {
            JobsRunningMax = settings.Value(Key(nameof(JobsOptions.JobsRunningMax)), s_defaults.JobsRunningMax, SettingText.Integer),
            JobsQueuedMax = settings.Value(Key(nameof(JobsOptions.JobsQueuedMax)), s_defaults.JobsQueuedMax, SettingText.Integer),
            CallsQueuedMax = settings.Value(Key(nameof(JobsOptions.CallsQueuedMax)), s_defaults.CallsQueuedMax, SettingText.Integer),
            UploadsPerAddressMax = settings.Value<int>(Key(nameof(JobsOptions.UploadsPerAddressMax)), SettingText.Integer),
            SmallJobFlopsMax = settings.Value(Key(nameof(JobsOptions.SmallJobFlopsMax)), s_defaults.SmallJobFlopsMax, SettingText.Number),
            AttentionBytesMax = settings.Value(Key(nameof(JobsOptions.AttentionBytesMax)), s_defaults.AttentionBytesMax, SettingText.Bytes),
            HeaderBytesMax = settings.Value(Key(nameof(JobsOptions.HeaderBytesMax)), s_defaults.HeaderBytesMax, SettingText.SmallBytes),
            StoreBytesMax = settings.Value(Key(nameof(JobsOptions.StoreBytesMax)), s_defaults.StoreBytesMax, SettingText.Bytes),
            JobsKeptMax = settings.Value(Key(nameof(JobsOptions.JobsKeptMax)), s_defaults.JobsKeptMax, SettingText.Integer),
            ResultAgeMax = settings.Value(Key(nameof(JobsOptions.ResultAgeMax)), s_defaults.ResultAgeMax, SettingText.Duration),
            SweepInterval = settings.Value(Key(nameof(JobsOptions.SweepInterval)), s_defaults.SweepInterval, SettingText.Duration),
            UploadBytesPerSecondMin = settings.Value(
                Key(nameof(JobsOptions.UploadBytesPerSecondMin)), s_defaults.UploadBytesPerSecondMin, SettingText.Number),
            UploadGracePeriod = settings.Value(Key(nameof(JobsOptions.UploadGracePeriod)), s_defaults.UploadGracePeriod, SettingText.Duration),
            EventInterval = settings.Value(Key(nameof(JobsOptions.EventInterval)), s_defaults.EventInterval, SettingText.Duration),
            HeartbeatInterval = settings.Value(Key(nameof(JobsOptions.HeartbeatInterval)), s_defaults.HeartbeatInterval, SettingText.Duration),
        };
        settings.Refuse(api.Refusals(), Key);
        return api;
    }

    /// <summary>The key of a property of <see cref="JobsOptions"/>.</summary>
    internal static string Key(string property) => $"Jobs:{property}";
}
