using System.Text.Json;

namespace AttentionCluster.Core.Attention;

/// <summary>An option with values of one type.</summary>
/// <param name="name">In snake case.</param>
/// <param name="form">How values are written.</param>
/// <param name="get">Gives the value; null when there is none.</param>
/// <param name="set">Gives options with another value.</param>
internal sealed class OptionOf<T>(
    string name, OptionForm<T> form, Func<AttentionOptions, T?> get, Func<AttentionOptions, T, AttentionOptions> set)
    : OptionDescriptor(name)
    where T : struct
{
    private static readonly AttentionOptions s_defaults = new();
    private readonly string? _default = form.Kind != OptionKind.Flag && get(s_defaults) is { } value ? form.Format(value) : null;

    /// <summary>Which values are allowed; null when all are.</summary>
    internal OptionLimit<T>? Limit { get; init; }

    /// <inheritdoc/>
    public override OptionKind Kind => form.Kind;

    /// <inheritdoc/>
    public override string ValueName => form.ValueName;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Words => form.Words;

    /// <inheritdoc/>
    public override string? Default { get => field ?? _default; init; }

    /// <inheritdoc/>
    public override string? Range => Limit?.Words;

    /// <inheritdoc/>
    public override bool IsDefault(AttentionOptions options) => EqualityComparer<T?>.Default.Equals(get(options), get(s_defaults));

    /// <inheritdoc/>
    public override AttentionOptions? Read(string text, AttentionOptions options, out string wanted) =>
        form.Parse(text, out wanted) is { } value ? set(options, value) : null;

    /// <inheritdoc/>
    public override string? Write(AttentionOptions options) => get(options) is { } value ? form.Format(value) : null;

    /// <inheritdoc/>
    public override AttentionOptions Read(JsonElement value, AttentionOptions options) => set(options, form.FromJson(value));

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, AttentionOptions options)
    {
        if (get(options) is not { } value)
            return;
        writer.WritePropertyName(Name);
        form.ToJson(writer, value);
    }

    /// <inheritdoc/>
    public override Refusal? Check(AttentionOptions options) => get(options) is { } value && Limit is { } limit && !limit.Allows(value)
        ? new Refusal(ErrorCode.OptionOutOfRange, $"{CommandLineName} is {form.Format(value)}; it must be {limit.Words}")
        : null;
}
