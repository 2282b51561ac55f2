using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.Chaos.Jobs;

/// <summary>The inputs of all jobs, and what must come of them: made once each, when they are first asked for.</summary>
internal sealed class WorkFiles : IDisposable
{
    /// <summary>For the default job on two slow cores without AVX-512.</summary>
    private static readonly TimeSpan s_embeddedMax = TimeSpan.FromMinutes(5);

    private readonly TemporaryFolder _folder = new();
    private readonly Lock _writing = new();
    /// <summary>By what decides the bits.</summary>
    private readonly Dictionary<JobWork, ResultHashes> _expected = [];

    private int _results;

    /// <summary>The working directory of <c>attn attend</c>.</summary>
    public TemporaryFolder Folder => _folder;

    /// <summary>The safetensors file with Q, K and V.</summary>
    public string Input(JobWork work)
    {
        string path = _folder.File($"{work.Name}.safetensors");
        lock (_writing)
        {
            if (!File.Exists(path))
                InputFile.Write(path, work);
        }

        return path;
    }

    /// <summary>The bits of an undisturbed run on one embedded node, whose report and file agree.</summary>
    public ResultHashes Expected(JobWork work)
    {
        JobWork decides = work with { RowsPerBlock = 0 };
        if (_expected.TryGetValue(decides, out ResultHashes? known))
            return known;
        string output = NewResultPath();
        AttnResult embedded =
            Attn.Run(_folder, [], s_embeddedMax, ["attend", "--input", Input(work), .. work.Arguments, "--json", "-o", output]).Expect(0);
        ResultHashes expected = ResultHashes.OfFile(output);
        File.Delete(output);
        Assert.Equal(expected, ResultHashes.OfReport(embedded.Json));
        return _expected[decides] = expected;
    }

    /// <summary>A path that no other result has.</summary>
    public string NewResultPath() => _folder.File($"result-{Interlocked.Increment(ref _results)}.safetensors");

    public void Dispose() => _folder.Dispose();
}
