using System.Globalization;
using System.Reflection;

namespace AttentionCluster.Server.Configuration;

/// <summary>
/// Sets the properties of options from settings, each read as its type and name say: <c>10s</c> for a time, <c>1MiB</c> for a number of
/// which the name says that it counts bytes. The binder of .NET stops at the first wrong value, knows no units, and can't tell where a
/// value was written.
/// </summary>
internal static class SettingsBinding
{
    /// <summary>Sets each property that is configured; the others keep their values.</summary>
    /// <param name="settings">Where values are read from, and problems are noted.</param>
    /// <param name="options">The defaults, in an object that nobody else has.</param>
    /// <param name="keyOf">The key of a property.</param>
    /// <param name="except">Properties that are no settings.</param>
    /// <returns>The same object.</returns>
    internal static T Bind<T>(this SettingsReader settings, T options, Func<string, string> keyOf,
        params IReadOnlyCollection<string> except)
        where T : class
    {
        foreach (PropertyInfo property in typeof(T).GetProperties().Where(property => property.CanWrite && !except.Contains(property.Name)))
        {
            if (Read(settings, keyOf(property.Name), property, property.GetValue(options)) is { } value)
                property.SetValue(options, value, BindingFlags.DoNotWrapExceptions, null, null, CultureInfo.InvariantCulture);
        }

        return options;
    }

    private static object? Read(SettingsReader settings, string key, PropertyInfo property, object? otherwise)
    {
        Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        bool countsBytes = property.Name.Contains("Bytes", StringComparison.Ordinal);
        return
            type == typeof(string) ? settings.Text(key) :
            type == typeof(IReadOnlyList<string>) ? settings.List(key, (IReadOnlyList<string>)otherwise!) :
            type == typeof(bool) ? settings.Value<bool>(key, SettingText.Flag) :
            type == typeof(int) ? settings.Value<int>(key, countsBytes ? SettingText.SmallBytes : SettingText.Integer) :
            type == typeof(long) && countsBytes ? settings.Value<long>(key, SettingText.Bytes) :
            type == typeof(double) ? settings.Value<double>(key, SettingText.Number) :
            type == typeof(TimeSpan) ? settings.Value<TimeSpan>(key, SettingText.Duration) :
            type == typeof((string Host, int Port)) ? settings.Value<(string, int)>(key, SettingText.Address) :
            throw new NotSupportedException($"{property.Name} is of a type that no setting has; read it by itself");
    }
}
