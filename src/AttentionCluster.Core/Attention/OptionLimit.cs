namespace AttentionCluster.Core.Attention;

/// <summary>Which values of an option are allowed.</summary>
/// <param name="Allows">Whether a value is.</param>
/// <param name="Words">The same for people, as it continues "it must be".</param>
internal sealed record OptionLimit<T>(Func<T, bool> Allows, string Words)
{
    /// <summary>At least <paramref name="min"/>.</summary>
    internal static OptionLimit<T> AtLeast(T min) =>
        new(value => Comparer<T>.Default.Compare(value, min) >= 0, FormattableString.Invariant($"at least {min}"));

    /// <summary>From <paramref name="min"/> to <paramref name="max"/>.</summary>
    internal static OptionLimit<T> Between(T min, T max) => new(
        value => Comparer<T>.Default.Compare(value, min) >= 0 && Comparer<T>.Default.Compare(value, max) <= 0,
        FormattableString.Invariant($"from {min} to {max}"));
}
