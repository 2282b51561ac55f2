using System.CommandLine;

namespace AttentionCluster.Cli.Terminal;

/// <summary>A command that runs until it is told to end, and that has a limit of its own for how long its end may take.</summary>
internal sealed class LongRunningCommand(string name, string description) : Command(name, description);
