using System.CommandLine;
using System.CommandLine.Parsing;
using AttentionCluster.Cli.Terminal;

namespace AttentionCluster.Cli.Options;

/// <summary>
/// Names of the interface that this version does not carry out. They are refused by name: an option that is silently
/// ignored gives a wrong number.
/// </summary>
internal static class NotSupportedYet
{
    private static readonly string[] s_options = ["--context"];

    private static readonly string[] s_commands =
        ["contexts", "top"];

    /// <summary>The commands, each of which refuses to run whatever follows it.</summary>
    public static IEnumerable<Command> Commands()
    {
        foreach (string name in s_commands)
        {
            var command = new Command(name, "Not supported yet.") { Hidden = true, TreatUnmatchedTokensAsErrors = false };
            command.SetAction(parse =>
            {
                parse.InvocationConfiguration.Error.WriteLine(
                    $"attn: the command '{name}' is not supported yet; 'attn --help' lists those that are");
                return ExitCode.WrongInput;
            });
            yield return command;
        }
    }

    /// <summary>Declares the options on a command, hidden, so that using one is an error that names it.</summary>
    public static void AddOptionsTo(Command command)
    {
        foreach (string name in s_options)
        {
            var option = new Option<string?>(name) { Hidden = true, Arity = ArgumentArity.ZeroOrOne };
            option.Validators.Add(result => Refuse(result, name));
            command.Add(option);
        }
    }

    private static void Refuse(OptionResult result, string name) =>
        result.AddError($"{name} is not supported yet; run without it");
}
