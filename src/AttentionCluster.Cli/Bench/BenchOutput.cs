using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AttentionCluster.Cli.Terminal;
using AttentionCluster.Core;

namespace AttentionCluster.Cli.Bench;

/// <summary>Prints what was measured: a line as soon as it is known, or all of it as JSON at the end.</summary>
internal static class BenchOutput
{
    /// <summary>Measures and prints.</summary>
    /// <typeparam name="T">One result.</typeparam>
    /// <param name="terminal">Where to.</param>
    /// <param name="json">Whether as JSON.</param>
    /// <param name="header">The names of the columns.</param>
    /// <param name="results">Measured while they are enumerated.</param>
    /// <param name="line">A result as a line of the table.</param>
    /// <param name="type">The JSON form of all results.</param>
    public static async Task<int> WriteAsync<T>(
        InvocationConfiguration terminal, bool json, string header, IAsyncEnumerable<T> results, Func<T, string> line,
            JsonTypeInfo<List<T>> type)
    {
        if (json)
        {
            await terminal.Output.WriteLineAsync(JsonSerializer.Serialize(await results.ToListAsync(), type));
            return ExitCode.Done;
        }

        await terminal.Output.WriteLineAsync(header);
        await foreach (T result in results)
            await terminal.Output.WriteLineAsync(line(result));
        return ExitCode.Done;
    }

    /// <summary>Says why nothing was measured.</summary>
    public static int Refuse(InvocationConfiguration terminal, Refusal refusal)
    {
        terminal.Error.WriteLine($"attn: {refusal.Message}");
        return ErrorExit.Of(refusal.Code);
    }
}
