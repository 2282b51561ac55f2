using System.Collections.Immutable;
using System.Text.Json;

namespace AttentionCluster.Core.Formats;

/// <summary>
/// Reads the JSON header as a stream of tokens: <c>{"NAME": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
/// "__metadata__": {"key": "text"}}</c>. No tree is built, for a header may have 100 MB.
/// </summary>
/// <param name="header">The JSON text.</param>
/// <param name="origin">Its offset in the file.</param>
/// <param name="path">For messages.</param>
internal ref struct SafetensorsHeaderParser(ReadOnlySpan<byte> header, int origin, string path)
{
    /// <summary>The one name that is no tensor's.</summary>
    public const string MetadataName = "__metadata__";

    /// <summary>Header, tensor, list of numbers.</summary>
    private const int DepthMax = 3;

    /// <summary>Of a type that this version does not know: its bytes are what the offsets say.</summary>
    private const int UnknownBits = 0;

    private readonly ReadOnlySpan<byte> _header = header;
    private readonly HashSet<string> _names = [];
    private Utf8JsonReader _json = new(header, new JsonReaderOptions { MaxDepth = DepthMax });

    /// <summary>In the header's order, at offsets in the file; each fits its shape and type.</summary>
    public List<OtherTensorEntry> Tensors { get; } = [];

    /// <summary>The texts under <c>__metadata__</c>.</summary>
    public Dictionary<string, string> Metadata { get; } = [];

    /// <summary>Fills <see cref="Tensors"/> and <see cref="Metadata"/>.</summary>
    public void Parse()
    {
        if (_header.IsEmpty || _header[0] != '{')
            throw new TensorFormatException(path, origin, _header.IsEmpty ? "an empty header" : Printable(_header[0]), "'{'");
        Next(JsonTokenType.StartObject, "'{'");
        while (NextName("a tensor's name") is { } name)
        {
            if (name.Length > FormatLimits.NameLengthMax)
                throw Wrong($"a name of {name.Length} characters", $"at most {FormatLimits.NameLengthMax}");
            if (!_names.Add(name))
                throw Wrong($"a second '{name}'", "each name once");
            if (name == MetadataName)
                ReadMetadata();
            else if (Tensors.Count == FormatLimits.TensorCountMax)
                throw Wrong("one more tensor", $"at most {FormatLimits.TensorCountMax}");
            else
                Tensors.Add(ReadTensor(name));
        }

        // Reading on makes the reader itself refuse everything but spaces.
        Advance();
    }

    private void ReadMetadata()
    {
        Next(JsonTokenType.StartObject, "'{' after __metadata__");
        while (NextName("a key of the metadata") is { } key)
        {
            Next(JsonTokenType.String, "a text: metadata holds nothing else");
            if (!Metadata.TryAdd(key, Text()))
                throw Wrong($"a second '{Quoted(key)}' in the metadata", "each key once");
        }
    }

    private OtherTensorEntry ReadTensor(string name)
    {
        (string Name, int Bits)? dtype = null;
        ImmutableArray<long>? shape = null;
        ImmutableArray<long>? offsets = null;
        Next(JsonTokenType.StartObject, $"'{{' after the name '{name}'");
        while (NextName("'dtype', 'shape' or 'data_offsets'") is { } key)
        {
            switch (key)
            {
                case "dtype" when dtype is null:
                    dtype = Dtype(name);
                    break;
                case "shape" when shape is null:
                    shape = Numbers(FormatLimits.RankMax, "axes");
                    break;
                case "data_offsets" when offsets is null:
                    offsets = Numbers(2, "offsets");
                    break;
                default:
                    throw Wrong($"key '{Quoted(key)}' in tensor '{name}'", "each of 'dtype', 'shape' and 'data_offsets', once");
            }
        }

        if (dtype is null || shape is null || offsets is not { Length: 2 })
        {
            string missing = dtype is null ? "a dtype" : shape is null ? "a shape" : "two data_offsets";
            throw Wrong($"tensor '{name}' without {missing}", "dtype, shape and data_offsets");
        }

        return Fitting(name, dtype.Value, shape.Value, offsets.Value[0], offsets.Value[1]);
    }

    private readonly OtherTensorEntry Fitting(
        string name, (string Name, int Bits) dtype, ImmutableArray<long> shape, long begin, long end)
    {
        string what = $"tensor '{name}' of {dtype.Name} [{string.Join(", ", shape)}]";
        long dataAt = origin + _header.Length;
        if (dtype.Bits == UnknownBits)
            return begin <= end && end <= long.MaxValue - dataAt ? new(name, dtype.Name, shape, dataAt + begin, end - begin)
                : throw Wrong(what, "data_offsets in their order");
        if (!Dtypes.TryGetByteLength(shape.AsSpan(), dtype.Bits, out long byteLength))
            throw Wrong(what, $"whole bytes, and at most {long.MaxValue / 8}");
        if (end < begin || end > long.MaxValue - dataAt || end - begin != byteLength)
            throw Wrong($"{what} at data_offsets [{begin}, {end}]", $"{byteLength} bytes between them");
        return new(name, dtype.Name, shape, dataAt + begin, byteLength);
    }

    private (string Name, int Bits) Dtype(string name)
    {
        Next(JsonTokenType.String, $"the dtype of tensor '{name}' as a text");
        string dtype = Text();

        // What a later version of the format adds is refused where it is to be read; the other tensors of the file can be.
        return (Quoted(dtype), Dtypes.TryGetBits(dtype, out int bits) ? bits : UnknownBits);
    }

    private ImmutableArray<long> Numbers(int countMax, string what)
    {
        ImmutableArray<long>.Builder numbers = ImmutableArray.CreateBuilder<long>();
        Next(JsonTokenType.StartArray, $"'[' before {what}");
        while (Advance() && _json.TokenType != JsonTokenType.EndArray)
        {
            if (_json.TokenType != JsonTokenType.Number || !_json.TryGetInt64(out long number) || number < 0)
                throw Wrong(Token(), $"a whole number from 0 to {long.MaxValue}");
            if (numbers.Count == countMax)
                throw Wrong("one more number", $"at most {countMax} {what}");
            numbers.Add(number);
        }

        return numbers.DrainToImmutable();
    }

    private string? NextName(string wanted)
    {
        Advance();
        return _json.TokenType switch
        {
            JsonTokenType.EndObject => null,
            JsonTokenType.PropertyName => Text(),
            _ => throw Wrong(Token(), wanted),
        };
    }

    private void Next(JsonTokenType type, string wanted)
    {
        if (!Advance() || _json.TokenType != type)
            throw Wrong(Token(), wanted);
    }

    private bool Advance()
    {
        try
        {
            return _json.Read();
        }
        catch (JsonException cause)
        {
            string found = $"no valid JSON ({cause.Message})";
            throw new TensorFormatException(path, origin + _json.BytesConsumed, found, "a JSON object of tensors", cause);
        }
    }

    private readonly string Text()
    {
        try
        {
            return _json.GetString()!;
        }
        catch (InvalidOperationException cause)
        {
            throw new TensorFormatException(path, origin + _json.TokenStartIndex, "a text that is no Unicode", "UTF-8", cause);
        }
    }

    /// <summary>The first bytes of the token at hand.</summary>
    private readonly string Token() => Printable(_header[(int)_json.TokenStartIndex]) + " (" + _json.TokenType + ")";

    private readonly TensorFormatException Wrong(string found, string wanted) =>
        new(path, origin + _json.TokenStartIndex, found, wanted);

    /// <summary>A text that may be as long as the header.</summary>
    private static string Quoted(string text) =>
        text.Length <= FormatLimits.NameLengthMax ? text : string.Concat(text.AsSpan(0, FormatLimits.NameLengthMax), "...");

    private static string Printable(byte first) => first is >= 0x20 and <= 0x7e ? $"'{(char)first}'" : $"byte 0x{first:x2}";
}
