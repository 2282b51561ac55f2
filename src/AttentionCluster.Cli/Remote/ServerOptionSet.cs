using System.CommandLine;
using AttentionCluster.Cli.Terminal;
using AttentionCluster.Core;

namespace AttentionCluster.Cli.Remote;

/// <summary>Which server a command works with: options, or the environment where they are left out.</summary>
internal sealed class ServerOptionSet
{
    /// <summary>The variable that stands for <c>--server</c>.</summary>
    public const string ServerVariable = "ATTN_SERVER";

    private readonly Option<string?> _server = new("--server")
    {
        Description = $"Address of a server, such as http://127.0.0.1:8080, or with commas those of gateways that share a data directory "
            + $"(default: {ServerVariable} of the environment)",
        HelpName = "url,..",
        Arity = ArgumentArity.ExactlyOne,
    };

    private readonly Option<string?> _token = new("--token")
    {
        Description = $"Secret that the server asks for; others on this machine may see it here, and not in {ServerProblem.TokenVariable} "
            + "of the environment, the default",
        HelpName = "text",
        Arity = ArgumentArity.ExactlyOne,
    };

    /// <summary>Declares the options on a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_server);
        command.Add(_token);
    }

    /// <summary>The server that is named.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="environment">Variables of the environment by name.</param>
    /// <param name="refusal">What is wrong with the name.</param>
    /// <returns>Null without a refusal when none is named.</returns>
    public ServerAddress? Read(ParseResult parse, Func<string, string?> environment, out Refusal? refusal)
    {
        string? variable = environment(ServerVariable) is { Length: > 0 } set ? set : null;
        string? server = parse.GetValue(_server) ?? variable;
        refusal = null;
        if (server is null)
        {
            refusal = parse.GetValue(_token) is null ? null
                : new Refusal(ErrorCode.WrongInput, "--token has no meaning without --server; leave it out");
            return null;
        }

        string origin = parse.GetValue(_server) is null ? ServerVariable : "--server";
        string? token = parse.GetValue(_token) ?? (environment(ServerProblem.TokenVariable) is { Length: > 0 } secret ? secret : null);
        Uri?[] uris = [.. server.Split(',', StringSplitOptions.TrimEntries).Select(Read)];
        if (uris.Any(uri => uri is null))
            refusal = new Refusal(ErrorCode.WrongInput,
                $"{origin} is '{server}'; it must be an address such as http://127.0.0.1:8080, or several with commas between them");
        else if (token?.All(letter => letter is > ' ' and <= '~') == false)
            refusal = new Refusal(ErrorCode.WrongInput, "the token has letters that no token has; give it without spaces and line ends");
        return refusal is null ? new ServerAddress(uris!, token) : null;
    }

    private static Uri? Read(string text) => Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" ? uri
        : null;

    /// <summary>The server that is named; one must be.</summary>
    public ServerAddress? Require(ParseResult parse, Func<string, string?> environment, out Refusal? refusal)
    {
        ServerAddress? server = Read(parse, environment, out refusal);
        if (server is null)
            refusal ??= new Refusal(ErrorCode.WrongInput, $"no server is named; give --server URL, or set {ServerVariable}");
        return server;
    }
}
