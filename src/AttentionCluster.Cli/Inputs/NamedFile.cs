namespace AttentionCluster.Cli.Inputs;

/// <summary>A file that the command line names for one tensor.</summary>
/// <param name="Name">The tensor's name in a job.</param>
/// <param name="Option">The option, for messages.</param>
/// <param name="Path">As it was given.</param>
internal sealed record NamedFile(string Name, string Option, string Path);
