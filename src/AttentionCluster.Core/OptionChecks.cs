using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace AttentionCluster.Core;

/// <summary>Collects what is wrong with the values of options, so that all of it can be said at once.</summary>
internal sealed class OptionChecks
{
    private readonly List<Refusal> _refusals = [];

    /// <summary>What was wrong so far.</summary>
    public IReadOnlyList<Refusal> Refusals => _refusals;

    /// <summary>Notes a refusal unless a condition holds.</summary>
    /// <param name="isGood">The condition.</param>
    /// <param name="option">The property that is to blame.</param>
    /// <param name="code">For programs.</param>
    /// <param name="reason">For people.</param>
    public void Require(bool isGood, string option, ErrorCode code, string reason)
    {
        if (!isGood)
            _refusals.Add(new Refusal(code, reason) { Option = option });
    }

    /// <summary>
    /// Notes a refusal for each property that is outside of its <see cref="RangeAttribute"/>, which stands on it once for this check and
    /// for whoever tells of the range. A property that is null has no value yet, and is good.
    /// </summary>
    /// <param name="options">The object with the properties.</param>
    public void Ranges(object options)
    {
        foreach (PropertyInfo property in options.GetType().GetProperties())
        {
            if (property.GetCustomAttribute<RangeAttribute>() is not { } range || property.GetValue(options) is not { } value)
                continue;
            if (value is TimeSpan time)
                Range(property.Name, time, Seconds(range.Minimum), Seconds(range.Maximum));
            else
                Range(property.Name, Number(value), Number(range.Minimum), Number(range.Maximum));
        }
    }

    /// <summary>Notes a refusal unless a number is within its range.</summary>
    /// <param name="option">The property.</param>
    /// <param name="value">Its value.</param>
    /// <param name="min">The least that is good.</param>
    /// <param name="max">The most that is good; <see cref="double.MaxValue"/> for any.</param>
    private void Range(string option, double value, double min, double max) => Require(
        value >= min && value <= max, option, ErrorCode.OptionOutOfRange,
        max == double.MaxValue
            ? string.Create(CultureInfo.InvariantCulture, $"{Words(option)} is {value}; it must be at least {min}{InWords(option, min)}")
            : string.Create(CultureInfo.InvariantCulture, $"{Words(option)} is {value}; it must be from {min} to {max}"));

    private void Range(string option, TimeSpan value, double minSeconds, double maxSeconds) => Require(
        value.TotalSeconds >= minSeconds && value.TotalSeconds <= maxSeconds, option, ErrorCode.OptionOutOfRange,
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Words(option)} is {value.TotalSeconds}; it must be from {minSeconds} to {maxSeconds} (seconds)"));

    /// <summary>Notes a refusal unless a port can be listened on; 0 takes a free one.</summary>
    /// <param name="option">The property.</param>
    /// <param name="port">Its port.</param>
    public void Port(string option, int port) =>
        Require(port is >= 0 and <= 65_535, option, ErrorCode.OptionOutOfRange,
            string.Create(CultureInfo.InvariantCulture, $"{Words(option)}-port is {port}; it must be from 0 to 65535"));

    /// <summary>A bound of bytes once more in a unit that people read.</summary>
    private static string InWords(string option, double bytes) =>
        option.Contains("Bytes", StringComparison.Ordinal) ? $" ({ByteSize.Text((long)bytes)})" : "";

    private static double Number(object value) => Convert.ToDouble(value, CultureInfo.InvariantCulture);

    /// <summary>A bound of a time: the attribute has it as text.</summary>
    private static double Seconds(object bound) => TimeSpan.Parse((string)bound, CultureInfo.InvariantCulture).TotalSeconds;

    /// <summary>An option as the command line and messages spell it: <c>chunk-bytes</c>.</summary>
    private static string Words(string option) => JsonNamingPolicy.KebabCaseLower.ConvertName(option);
}
