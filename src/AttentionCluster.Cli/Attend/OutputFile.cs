using AttentionCluster.Cli.Embedded;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cli.Attend;

/// <summary>Where the result goes: all of it to a safetensors file, or O alone to an npy file.</summary>
internal sealed class OutputFile
{
    private readonly bool _npy;

    private OutputFile(string path, bool npy) => (Path, Directory, _npy) = (path, System.IO.Path.GetDirectoryName(path)!, npy);

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>Its folder, on whose disk the job works, so that the result can be renamed into place.</summary>
    public string Directory { get; }

    /// <summary>Reads the path; its ending says the format, which must have the type of O.</summary>
    public static OutputFile? Create(string path, IReadOnlyList<string> inputPaths, OutputType type, out Refusal? refusal)
    {
        // An empty path has no full form; it is refused below for its ending.
        string full = path.Length == 0 ? path : System.IO.Path.GetFullPath(path);
        bool npy = full.EndsWith(".npy", StringComparison.OrdinalIgnoreCase);
        string? problem =
            !npy && !full.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)
                ? $"--output: '{path}' has no known ending; wanted .safetensors or .npy" :
            npy && type == OutputType.BFloat16
                ? $"--output: {path} can't hold bfloat16, which npy does not have; name a .safetensors file, or choose --out-dtype f32 or "
                    + "f16" :
            System.IO.Directory.Exists(full)
                ? $"--output: {path} is a folder; name a file in it" :
            inputPaths.Contains(full)
                ? $"--output: {path} is also an input; choose another name" :
            DiskRoom.WriteProblem(System.IO.Path.GetDirectoryName(full)!) is { } writeProblem
                ? $"--output: {path} can't be written: {writeProblem}" :
            null;
        refusal = problem is null ? null : new Refusal(ErrorCode.OutputNotWritable, problem);
        return problem is null ? new OutputFile(full, npy) : null;
    }

    /// <summary>Bytes that the result takes on the output's disk while it is written.</summary>
    public long BytesNeeded(AttentionShape shape, AttentionOptions options) => ResultBytes(shape, options)
        + (_npy ? OutputBytes(shape, options) : 0);

    /// <summary>Bytes of O and of the log-sum-exp.</summary>
    public static long ResultBytes(AttentionShape shape, AttentionOptions options) =>
        OutputBytes(shape, options) + (options.WithLse ? sizeof(float) * (shape.Output.ElementCount / shape.Output.Width) : 0);

    /// <summary>
    /// Puts a result in place, whole or not at all: what is written on the way has a name in <paramref name="workspace"/>,
    /// and a rename on the same disk is atomic.
    /// </summary>
    public void Publish(string resultPath, ScratchDirectory workspace, CancellationToken cancellationToken)
    {
        if (!_npy)
        {
            File.Move(resultPath, Path, overwrite: true);
            return;
        }

        string unfinished = System.IO.Path.Combine(workspace.Directory, "o.npy");
        using (TensorFile result = TensorFile.Open(resultPath))
            NpyCopy.Write(unfinished, result, result.Require("o"), cancellationToken);

        File.Move(unfinished, Path, overwrite: true);
    }

    private static long OutputBytes(AttentionShape shape, AttentionOptions options) =>
        options.Output.ToElementType().ByteSize() * shape.Output.ElementCount;
}
