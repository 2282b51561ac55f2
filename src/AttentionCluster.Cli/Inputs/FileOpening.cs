using AttentionCluster.Core;
using AttentionCluster.Core.Formats;

namespace AttentionCluster.Cli.Inputs;

/// <summary>Opens a tensor file that the user named, with a reason when that can't be done.</summary>
internal static class FileOpening
{
    /// <summary>Opens; the reason names the option and the path.</summary>
    /// <param name="option">That names it.</param>
    /// <param name="path">The file.</param>
    /// <param name="refusal">Why it can't be opened.</param>
    /// <param name="names">The members of an archive that are wanted.</param>
    public static TensorFile? Open(string option, string path, out Refusal? refusal, IReadOnlyCollection<string> names)
    {
        refusal = path.Length == 0 ? new Refusal(ErrorCode.FileMissing, $"{option} is empty; name a file") : null;
        if (refusal is not null)
            return null;
        try
        {
            return TensorFile.Open(path, names: names);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            refusal = problem switch
            {
                TensorFormatException => new Refusal(ErrorCode.MalformedFile, $"{option}: {problem.Message}"),
                _ when Directory.Exists(path) => new Refusal(ErrorCode.NotAFile, $"{option}: {path} is a folder; name a file in it"),
                FileNotFoundException or DirectoryNotFoundException =>
                    new Refusal(ErrorCode.FileMissing, $"{option}: there is no file {path}; check the path"),
                _ => new Refusal(ErrorCode.FileUnreadable, $"{option}: {path} can't be read ({problem.Message}); check its permissions"),
            };
            return null;
        }
    }
}
