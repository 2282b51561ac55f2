using System.CommandLine;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Cli.Options;

/// <summary>The options of <see cref="OptionCatalog"/>, as every command that has some of them spells them.</summary>
/// <param name="scopes">Which of them the command has.</param>
internal sealed class AttentionOptionSet(IReadOnlyCollection<OptionScope> scopes)
{
    private readonly DeclaredOption[] _options =
    [
        .. from option in OptionCatalog.All
           where scopes.Contains(option.Scope)
           select option.Kind == OptionKind.Flag ? Flag(option) : Valued(option),
    ];

    /// <summary>Declares the options on a command.</summary>
    public void AddTo(Command command)
    {
        foreach (DeclaredOption declared in _options)
            command.Add(declared.Option);
    }

    /// <summary>What the user wrote, over <paramref name="defaults"/> where nothing was written.</summary>
    public AttentionOptions Read(ParseResult parse, AttentionOptions defaults)
    {
        AttentionOptions options = defaults;
        foreach (DeclaredOption declared in _options)
        {
            if (declared.TextIn(parse) is not { } text)
                continue;

            // An alignment that is written replaces an offset that is only a default; an offset that is written comes after it.
            if (declared.Descriptor == OptionCatalog.Align)
                options = options with { Offset = null };
            options = declared.Descriptor.Read(text, options, out _)!;
        }

        return options;
    }

    private static DeclaredOption Flag(OptionDescriptor descriptor)
    {
        var option = new Option<bool>($"--{descriptor.CommandLineName}") { Description = descriptor.Description };
        return new(
            descriptor, option,
            parse => parse.GetResult(option) is not { Implicit: false } ? null : parse.GetValue(option) ? "true" : "false");
    }

    private static DeclaredOption Valued(OptionDescriptor descriptor)
    {
        Option<string?> option = OptionValues.Value<string>(
            $"--{descriptor.CommandLineName}",
            descriptor.ValueName,
            descriptor.Default is { } standard ? $"{descriptor.Description} (default: {standard})" : descriptor.Description,
            (string text, out string wanted) => descriptor.Read(text, new AttentionOptions(), out wanted) is null ? null : text);
        return new(descriptor, option, parse => parse.GetValue(option));
    }

    /// <summary>An option on a command line.</summary>
    /// <param name="Descriptor">Which.</param>
    /// <param name="Option">How it is declared.</param>
    /// <param name="TextIn">What the user wrote for it; null when nothing.</param>
    private sealed record DeclaredOption(OptionDescriptor Descriptor, Option Option, Func<ParseResult, string?> TextIn);
}
