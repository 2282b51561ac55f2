using System.Text.Json;

namespace AttentionCluster.Chaos.Jobs;

/// <summary>A job on its way, whoever has sent it.</summary>
internal interface IRunningJob
{
    /// <summary>What it computes.</summary>
    JobWork Work { get; }

    /// <summary>
    /// Its id, once a gateway has said that it has the job (202): from then on it must end well. Null before, and where only a process
    /// knows it.
    /// </summary>
    string? Id { get; }

    /// <summary>Where it is, for people.</summary>
    string Standing { get; }

    /// <summary>Sends it, follows it to its end and brings the result.</summary>
    /// <returns>What is wrong with its end; empty when nothing is.</returns>
    Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken);

    /// <summary>Its report, once it has ended well.</summary>
    JsonElement? Report { get; }
}
