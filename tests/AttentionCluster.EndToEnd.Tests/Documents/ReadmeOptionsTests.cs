using AttentionCluster.Core.Attention;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Documents;

/// <summary>The README's tables of options and of tensors have what the catalogs have, in their order.</summary>
public sealed class ReadmeOptionsTests
{
    [Fact]
    public void Every_option_is_a_row_with_its_values()
    {
        string[][] rows = [.. Rows("| option | value |").Select(columns => columns[1..3])];

        Assert.Equal(OptionCatalog.All.Select(option => (string[])[$"`{option.CommandLineName}`", Values(option)]), rows);
    }

    [Fact]
    public void Every_tensor_is_in_a_row()
    {
        string[] names = [.. Rows("| tensor | what it is |").SelectMany(columns => columns[1].Split(", "))];

        Assert.Equal(AuxiliaryTensorCatalog.Names.Select(name => $"`{name}`"), names);
    }

    private static string Values(OptionDescriptor option) => option.Kind switch
    {
        OptionKind.Word => string.Join(", ", option.Words.Select(word => $"`{word}`")),
        OptionKind.Integer => $"{option.ValueName} {option.Range}",
        _ => option.Range ?? option.ValueName,
    };

    /// <summary>The rows of the table that begins so, each as what is between its bars.</summary>
    private static IEnumerable<string[]> Rows(string start) => File.ReadLines(Path.Combine(Repository.Root, "README.md"))
        .SkipWhile(line => !line.StartsWith(start, StringComparison.Ordinal)).Skip(2).TakeWhile(line => line.StartsWith('|'))
        .Select(line => line.Split('|', StringSplitOptions.TrimEntries));
}
