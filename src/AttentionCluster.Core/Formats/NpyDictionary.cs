using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace AttentionCluster.Core.Formats;

/// <summary>The Python literal in an npy header, and where in the file each value stands.</summary>
internal readonly record struct NpyDictionary(
    string Descr, long DescrAt, bool FortranOrder, ImmutableArray<long> Shape, long ShapeAt)
{
    /// <summary>
    /// Reads <c>{'descr': '&lt;f4', 'fortran_order': False, 'shape': (2, 3), }</c>: three keys in any order, each once,
    /// spaces anywhere, and nothing after it but padding.
    /// </summary>
    /// <param name="text">The header without magic and length.</param>
    /// <param name="origin">The offset of <paramref name="text"/> in the file.</param>
    /// <param name="path">For messages.</param>
    public static NpyDictionary Parse(ReadOnlySpan<byte> text, long origin, string path) =>
        new Parser(text, origin, path).Dictionary();

    private ref struct Parser(ReadOnlySpan<byte> text, long origin, string path)
    {
        private readonly ReadOnlySpan<byte> _text = text;
        private int _at;

        private readonly long Here => origin + _at;

        public NpyDictionary Dictionary()
        {
            (string Value, long At)? descr = null;
            bool? order = null;
            (ImmutableArray<long> Value, long At)? shape = null;
            Take('{', "a Python dictionary that starts with '{'");
            while (!TryTake('}'))
            {
                long keyAt = Here;
                string key = QuotedText("a quoted key, or '}'");
                Take(':', "':' after a key");
                SkipSpace();
                long valueAt = Here;
                switch (key)
                {
                    case "descr" when descr is null:
                        descr = (QuotedText("a quoted type such as '<f4'"), valueAt);
                        break;
                    case "fortran_order" when order is null:
                        order = Boolean();
                        break;
                    case "shape" when shape is null:
                        shape = (Tuple(), valueAt);
                        break;
                    default:
                        throw Wrong(keyAt, $"key '{key}'", "each of 'descr', 'fortran_order' and 'shape', once");
                }

                if (!TryTake(','))
                {
                    Take('}', "',' or '}' after a value");
                    break;
                }
            }

            if (descr is null || order is null || shape is null)
            {
                string missing = descr is null ? "descr" : order is null ? "fortran_order" : "shape";
                throw Wrong(Here - 1, "the end of the dictionary", $"the key '{missing}'");
            }

            SkipSpace();
            if (_at < _text.Length)
                throw Wrong(Here, Found(), "spaces up to the data");
            return new(descr.Value.Value, descr.Value.At, order.Value, shape.Value.Value, shape.Value.At);
        }

        private string QuotedText(string wanted)
        {
            SkipSpace();

            // Python 2 wrote texts of Unicode with a u before them, and Python 3 reads that.
            if (_at + 1 < _text.Length && _text[_at] == 'u' && _text[_at + 1] is (byte)'\'' or (byte)'"')
                _at++;
            if (_at == _text.Length || _text[_at] is not ((byte)'\'' or (byte)'"'))
                throw Wrong(Here, Found(), wanted);
            byte quote = _text[_at++];
            int start = _at;
            while (_at < _text.Length && _text[_at] != quote)
            {
                if (_text[_at] is < 0x20 or > 0x7e or (byte)'\\')
                    throw Wrong(Here, Found(), "plain ASCII between quotes");
                _at++;
            }

            if (_at == _text.Length)
                throw Wrong(Here, Found(), $"a closing {(char)quote}");
            return Encoding.ASCII.GetString(_text[start.._at++]);
        }

        private bool Boolean()
        {
            SkipSpace();
            bool value = _text[_at..].StartsWith("True"u8);
            if (!value && !_text[_at..].StartsWith("False"u8))
                throw Wrong(Here, Found(), "True or False");
            _at += value ? 4 : 5;
            return value;
        }

        private ImmutableArray<long> Tuple()
        {
            ImmutableArray<long>.Builder axes = ImmutableArray.CreateBuilder<long>();
            Take('(', "a tuple of lengths that starts with '('");
            while (!TryTake(')'))
            {
                if (axes.Count == FormatLimits.RankMax)
                    throw Wrong(Here, "one more axis", $"at most {FormatLimits.RankMax} axes");
                axes.Add(Length());
                if (TryTake(','))
                    continue;

                // (3) is a number to Python; a tuple of one needs its comma.
                if (axes.Count == 1)
                    throw Wrong(Here, Found(), "',' after the only axis");
                Take(')', "',' or ')' after an axis");
                break;
            }

            return axes.DrainToImmutable();
        }

        private long Length()
        {
            SkipSpace();
            int start = _at;
            while (_at < _text.Length && char.IsAsciiDigit((char)_text[_at]))
                _at++;
            if (start == _at)
                throw Wrong(Here, Found(), "the length of an axis");
            int end = _at;

            // Python 2 wrote a long so where its int had 32 bits, as on Windows.
            if (_at < _text.Length && _text[_at] == 'L')
                _at++;
            if (!long.TryParse(_text[start..end], NumberStyles.None, CultureInfo.InvariantCulture, out long length))
                throw Wrong(origin + start, $"an axis of {end - start} digits", $"at most {long.MaxValue}");
            return length;
        }

        private void Take(char wanted, string description)
        {
            if (!TryTake(wanted))
                throw Wrong(Here, Found(), description);
        }

        private bool TryTake(char wanted)
        {
            SkipSpace();
            bool there = _at < _text.Length && _text[_at] == wanted;
            _at += there ? 1 : 0;
            return there;
        }

        private void SkipSpace()
        {
            while (_at < _text.Length && _text[_at] is (byte)' ' or (byte)'\n' or (byte)'\t' or (byte)'\r')
                _at++;
        }

        private readonly string Found() =>
            _at == _text.Length ? "the end of the header"
            : _text[_at] is >= 0x20 and <= 0x7e ? $"'{(char)_text[_at]}'"
            : $"byte 0x{_text[_at]:x2}";

        private readonly TensorFormatException Wrong(long at, string found, string wanted) => new(path, at, found, wanted);
    }
}
