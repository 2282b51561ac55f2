using System.Reflection;
using System.Text.Json;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Core.Tests.Attention;

/// <summary>
/// Every choice of <see cref="AttentionOptions"/> is in the catalog once, and comes back as it was from every form in which it is written.
/// </summary>
public sealed class OptionCatalogTests
{
    private static readonly PropertyInfo[] s_choices = [.. typeof(AttentionOptions).GetProperties().Where(property => property.CanWrite)];

    public static TheoryData<string> Names => new(OptionCatalog.All.Select(option => option.Name));

    [Fact]
    public void Every_choice_is_that_of_one_option()
    {
        string[] changed = [.. OptionCatalog.All.Select(option => Assert.Single(Changed(Chosen(option))))];

        Assert.Equal(s_choices.Select(property => property.Name).Order(), changed.Order());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_choice_is_written_as_a_text_and_in_JSON_and_read_again(string name)
    {
        OptionDescriptor option = OptionCatalog.Find(name)!;
        AttentionOptions chosen = Chosen(option);

        Assert.Equal(chosen, option.Read(option.Write(chosen)!, new AttentionOptions(), out _));
        Assert.Equal(chosen, JsonSerializer.Deserialize<AttentionOptions>(JsonSerializer.Serialize(chosen)));
        Assert.Equal((true, false), (option.IsDefault(new AttentionOptions()), option.IsDefault(chosen)));
    }

    [Fact]
    public void JSON_has_what_was_chosen_in_the_names_and_words_of_a_query()
    {
        var options = new AttentionOptions
        {
            Align = CausalAlignment.TopLeft,
            Window = (5, -1),
            Scale = 0.1 + 0.2,
            Output = OutputType.BFloat16,
            WithLse = false
        };

        Assert.Equal(
            """{"align":"top-left","window":[5,-1],"scale":0.30000000000000004,"out_dtype":"bf16","no_lse":true}""",
            JsonSerializer.Serialize(options));
        Assert.Equal("{}", JsonSerializer.Serialize(new AttentionOptions()));
    }

    [Theory]
    [InlineData("""{"temperature":1}""", "temperature")]
    [InlineData("""{"Causal":true}""", "Causal")]
    [InlineData("""{"causal":1}""", "causal is 1: ")]
    [InlineData("""{"offset":1.5}""", "offset is 1.5: ")]
    [InlineData("""{"window":[1,2,3]}""", "3 numbers")]
    [InlineData("""{"kernel":"cuda"}""", "one of auto, fused")]
    [InlineData("""[]""", "Object")]
    public void JSON_that_is_none_of_options_is_refused(string json, string words) =>
        Assert.Contains(words, Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<AttentionOptions>(json)).Message,
            StringComparison.Ordinal);

    /// <summary>The options with one that is not as it would be without.</summary>
    private static AttentionOptions Chosen(OptionDescriptor option)
    {
        string text = option.Kind switch
        {
            OptionKind.Flag => "true",
            OptionKind.Integer => "7",
            OptionKind.Number => "0.30000000000000004",
            OptionKind.Pair => "3,4",
            _ => option.Words[^1],
        };
        AttentionOptions? chosen = option.Read(text, new AttentionOptions(), out string wanted);
        Assert.True(chosen is not null, $"{option.Name} can't be {text}, but {wanted}");
        Assert.Null(option.Check(chosen));
        return chosen;
    }

    private static IEnumerable<string> Changed(AttentionOptions options) =>
        from property in s_choices
        where !Equals(property.GetValue(options), property.GetValue(new AttentionOptions()))
        select property.Name;
}
