using System.Text.Json;

namespace AttentionCluster.Chaos.Commands;

/// <summary>What is shown, as JSON: snake case, as in the product.</summary>
internal static class ShownJson
{
    private static readonly JsonSerializerOptions s_options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>One object on one line.</summary>
    public static string Of<T>(T shown) => JsonSerializer.Serialize(shown, s_options);
}
