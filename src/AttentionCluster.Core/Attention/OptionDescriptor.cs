using System.Text.Json;

namespace AttentionCluster.Core.Attention;

/// <summary>
/// One option of an attention job: how it is called and written, what it may be, and where in <see cref="AttentionOptions"/> it is kept.
/// </summary>
internal abstract class OptionDescriptor
{
    private protected OptionDescriptor(string name) => (Name, CommandLineName) = (name, name.Replace('_', '-'));

    /// <summary>In query strings and in JSON: snake case.</summary>
    public string Name { get; }

    /// <summary>On the command line, behind two hyphens, and in messages: kebab case.</summary>
    public string CommandLineName { get; }

    /// <summary>For people: a sentence without a full stop.</summary>
    public required string Description { get; init; }

    /// <summary>What it decides.</summary>
    public OptionScope Scope { get; init; }

    /// <summary>What its value is.</summary>
    public abstract OptionKind Kind { get; }

    /// <summary>What stands for its value in the help of a command.</summary>
    public abstract string ValueName { get; }

    /// <summary>The words that it may be; empty unless it is one of a few.</summary>
    public abstract IReadOnlyList<string> Words { get; }

    /// <summary>What it is when it is not chosen, for people; null for a flag.</summary>
    public abstract string? Default { get; init; }

    /// <summary>The values that are allowed, for people, as they continue "it must be"; null when all are that can be read.</summary>
    public abstract string? Range { get; }

    /// <summary>Whether options have what they have when it is not chosen.</summary>
    public abstract bool IsDefault(AttentionOptions options);

    /// <summary>Applies a text to options; null with what is wanted when it can't be read.</summary>
    public abstract AttentionOptions? Read(string text, AttentionOptions options, out string wanted);

    /// <summary>The value as a text that <see cref="Read(string, AttentionOptions, out string)"/> reads; null without a value.</summary>
    public abstract string? Write(AttentionOptions options);

    /// <summary>Applies a value in JSON to options.</summary>
    /// <exception cref="FormatException">It can't be read.</exception>
    /// <exception cref="InvalidOperationException">It is of another kind.</exception>
    public abstract AttentionOptions Read(JsonElement value, AttentionOptions options);

    /// <summary>Writes its name and value as a member of an object; nothing without a value.</summary>
    public abstract void Write(Utf8JsonWriter writer, AttentionOptions options);

    /// <summary>Refuses a value out of its range.</summary>
    public abstract Refusal? Check(AttentionOptions options);
}
