using System.CommandLine;
using System.Globalization;
using AttentionCluster.Cli.Options;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Cli.Inputs;

/// <summary>The ways to name Q, K and V; a command line takes exactly one of them.</summary>
internal sealed class InputOptionSet(bool withRandom)
{
    private readonly Option<string?> _query = PathOption("--q", "Q: a .npy file, or a .safetensors or .npz file with one tensor or one "
        + "named q");
    private readonly Option<string?> _key = PathOption("--k", "K, likewise");
    private readonly Option<string?> _value = PathOption("--v", "V, likewise");
    private readonly Option<string?> _input = PathOption("--input", "A .safetensors or .npz file with tensors q, k and v");

    private readonly Option<RandomShape?> _random = OptionValues.Value<RandomShape>(
        "--random", RandomShape.Form, "Random tensors of these shapes instead of files", RandomShape.Read);

    private readonly Option<ulong?> _seed = OptionValues.Value<ulong?>(
        "--seed", "integer", "Seed of the random tensors (default: 1)", ReadSeed);

    /// <summary>One for each tensor that can stand beside Q, K and V.</summary>
    private readonly (string Name, Option<string?> Option)[] _auxiliaryFiles =
    [
        .. AuxiliaryTensorCatalog.All.Select(tensor => (tensor.Name, PathOption(
            $"--{tensor.CommandLineName}",
            $"{tensor.Description}; {tensor.Axes}: a file with one tensor or one named {tensor.Name} "
                + "(default: that of the other files, if they have one)"))),
    ];

    private string Wanted => withRandom ? "--q, --k and --v, or --input, or --random" : "--q, --k and --v, or --input";

    /// <summary>Declares the options on a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_query);
        command.Add(_key);
        command.Add(_value);
        command.Add(_input);
        foreach ((_, Option<string?> auxiliary) in _auxiliaryFiles)
            command.Add(auxiliary);
        if (withRandom)
        {
            command.Add(_random);
            command.Add(_seed);
        }
    }

    /// <summary>Opens what the command line names, and checks that it fits together.</summary>
    public IJobInput? Open(ParseResult parse, out Refusal? refusal) =>
        withRandom && parse.GetValue(_random) is { } shape && !AnyFile(parse)
            ? RandomInput.Create(shape, parse.GetValue(_seed) ?? 1, AuxiliaryFilesOf(parse), out refusal)
            : OpenFiles(parse, out refusal);

    /// <summary>Opens the files that the command line names.</summary>
    public FileInput? OpenFiles(ParseResult parse, out Refusal? refusal)
    {
        (string? query, string? key, string? value) = (parse.GetValue(_query), parse.GetValue(_key), parse.GetValue(_value));
        string? input = parse.GetValue(_input);
        bool three = query is not null || key is not null || value is not null;
        bool random = withRandom && parse.GetValue(_random) is not null;
        if (new[] { three, input is not null, random }.Count(given => given) != 1)
        {
            string problem = three || random ? "the input is named in more than one way" : "no input is named";
            refusal = new Refusal(ErrorCode.WrongInput, $"{problem}; give {Wanted}");
            return null;
        }

        if (withRandom && parse.GetValue(_seed) is not null)
        {
            refusal = new Refusal(ErrorCode.WrongInput, "--seed has no meaning without --random; leave it out");
            return null;
        }

        if (input is not null)
            return FileInput.OpenOne(input, AuxiliaryFilesOf(parse), out refusal);

        string? missing = query is null ? "--q" : key is null ? "--k" : value is null ? "--v" : null;
        if (missing is null)
        {
            return FileInput.OpenThree(
                [new("q", "--q", query!), new("k", "--k", key!), new("v", "--v", value!)], AuxiliaryFilesOf(parse), out refusal);
        }

        refusal = new Refusal(ErrorCode.WrongInput, $"{missing} is missing; give {Wanted}");
        return null;
    }

    private NamedFile[] AuxiliaryFilesOf(ParseResult parse) =>
    [
        .. from file in _auxiliaryFiles
           let path = parse.GetValue(file.Option)
           where path is not null
           select new NamedFile(file.Name, file.Option.Name, path),
    ];

    private bool AnyFile(ParseResult parse) =>
        new[] { _query, _key, _value, _input }.Any(option => parse.GetValue(option) is not null);

    private static Option<string?> PathOption(string name, string description) =>
        new(name) { Description = description, HelpName = "file", Arity = ArgumentArity.ExactlyOne };

    private static ulong? ReadSeed(string text, out string wanted)
    {
        wanted = $"an integer from 0 to {ulong.MaxValue}";
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed) ? seed : null;
    }
}
