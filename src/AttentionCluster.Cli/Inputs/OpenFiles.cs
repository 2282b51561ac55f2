using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;

namespace AttentionCluster.Cli.Inputs;

/// <summary>
/// The files that a command line names, each opened once. Of an archive only what a job may want is read: other members are in nobody's
/// way.
/// </summary>
internal sealed class OpenFiles : IDisposable
{
    private readonly Dictionary<string, TensorFile> _byPath = new(StringComparer.Ordinal);

    /// <summary>All of them, in the order of the command line.</summary>
    public List<TensorFile> All { get; } = [];

    /// <summary>Opens a file, or gives the one that was opened before; the reason names the option and the path.</summary>
    public TensorFile? Open(string option, string path, out Refusal? refusal)
    {
        refusal = null;
        string key = path.Length == 0 ? path : Path.GetFullPath(path);
        if (_byPath.TryGetValue(key, out TensorFile? known))
            return known;
        TensorFile? file = FileOpening.Open(option, path, out refusal, InputTensors.ReadNames);
        if (file is not null)
        {
            _byPath.Add(key, file);
            All.Add(file);
        }

        return file;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (TensorFile file in All)
            file.Dispose();
    }
}
