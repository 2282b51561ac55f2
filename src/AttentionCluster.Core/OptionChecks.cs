using System.Globalization;
using System.Text.Json;

namespace AttentionCluster.Core;

/// <summary>Collects what is wrong with the values of options, so that all of it can be said at once.</summary>
public sealed class OptionChecks
{
    private readonly List<Refusal> _refusals = [];

    /// <summary>What was wrong so far.</summary>
    public IReadOnlyList<Refusal> Refusals => _refusals;

    /// <summary>Notes a refusal unless a condition holds.</summary>
    /// <param name="isGood">The condition.</param>
    /// <param name="option">The property that is to blame.</param>
    /// <param name="code">Stable, for programs.</param>
    /// <param name="reason">For people, written without a culture.</param>
    public void Require(bool isGood, string option, string code, FormattableString reason)
    {
        if (!isGood)
            _refusals.Add(new Refusal(code, reason.ToString(CultureInfo.InvariantCulture)) { Option = option });
    }

    /// <summary>Notes a refusal unless a number is within its range.</summary>
    /// <param name="option">The property.</param>
    /// <param name="value">Its value.</param>
    /// <param name="min">The least that is good.</param>
    /// <param name="max">The most that is good.</param>
    public void Range(string option, double value, double min, double max) =>
        Require(value >= min && value <= max, option, "option-out-of-range", $"{Words(option)} is {value}; it must be from {min} to {max}");

    /// <summary>Notes a refusal unless a time is within its range.</summary>
    /// <param name="option">The property.</param>
    /// <param name="value">Its value.</param>
    /// <param name="minSeconds">The least that is good, in seconds.</param>
    /// <param name="maxSeconds">The most that is good, in seconds.</param>
    public void Range(string option, TimeSpan value, double minSeconds, double maxSeconds) => Require(
        value.TotalSeconds >= minSeconds && value.TotalSeconds <= maxSeconds, option, "option-out-of-range",
        $"{Words(option)} is {value.TotalSeconds}; it must be from {minSeconds} to {maxSeconds} (seconds)");

    /// <summary>Notes a refusal unless a port can be listened on; 0 takes a free one.</summary>
    /// <param name="option">The property.</param>
    /// <param name="port">Its port.</param>
    public void Port(string option, int port) =>
        Require(port is >= 0 and <= 65_535, option, "option-out-of-range", $"{Words(option)}-port is {port}; it must be from 0 to 65535");

    /// <summary>An option as the command line and messages spell it: <c>chunk-bytes</c>.</summary>
    private static string Words(string option) => JsonNamingPolicy.KebabCaseLower.ConvertName(option);
}
