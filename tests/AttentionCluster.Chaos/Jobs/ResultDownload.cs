namespace AttentionCluster.Chaos.Jobs;

/// <summary>Takes a result from an answer.</summary>
internal static class ResultDownload
{
    /// <summary>Saves it.</summary>
    /// <returns>The file; null when the answer is no result.</returns>
    public static async Task<string?> SaveAsync(HttpResponseMessage answer, string path, CancellationTokenSource limit)
    {
        if (!answer.IsSuccessStatusCode)
            return null;
        await using FileStream file = File.Create(path);
        await answer.Content.CopyToAsync(file, limit.Token);
        return path;
    }
}
