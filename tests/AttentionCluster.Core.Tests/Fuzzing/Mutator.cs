using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace AttentionCluster.Core.Tests.Fuzzing;

/// <summary>Damages sound inputs, as a broken disk, a broken program or an attacker does.</summary>
/// <param name="random">Decides everything: the same numbers, the same damage.</param>
internal sealed class Mutator(Random random)
{
    private const int BlowsMax = 4;
    private const int NestingMax = 3_000;

    /// <summary>Where the arithmetic of a reader has its edges.</summary>
    private static readonly long[] s_edges =
    [
        0, 1, -1, 2, 127, 128, 255, 256, short.MaxValue, ushort.MaxValue, 65_536, int.MaxValue - 1L, int.MaxValue, int.MinValue,
            uint.MaxValue,
        1L << 32, 1L << 40, long.MaxValue / 8, long.MaxValue - 8, long.MaxValue, long.MinValue,
    ];

    private static readonly string[] s_numbers =
    [
        "-1", "-0", "0", "2147483647", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551616",
        "1e999", "-1e999", "1e-999", "NaN", "-Infinity", "Infinity", "0x10", "1_000", "0.5", "9999999999999999999999999999999999999999",
    ];

    /// <summary>What means something to one reader or another, or nothing to any.</summary>
    private static readonly byte[][] s_words =
    [
        .. ((string[])
        [
            "\\ud800", "\\udc00\\ud800", "\\u0000", "\0", "\u202e", "\ufeff", "ａ", "😀", "e\u0301", "\r\n", "\n\n", "\r\n\r\n", "%00",
                "%2e%2e%2f", "../../", "%C0%AF", "%ud800",
            "null", "true", "[]", "{}", "\"\"", "\"", "'", ",", ":", ";", "=", "&", "?", "#", "\\", "//", "/*", "*/", "$type",
                "__metadata__", "{\"a\":{\"a\":", "-", "+", " ", "\t",
        ]).Select(Encoding.UTF8.GetBytes),
        [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xff], [0xfe, 0xff], [0xf4, 0x90, 0x80, 0x80],
    ];

    private static readonly string[] s_openings = ["[", "{\"a\":", "(", "{", "[[", "\n  "];

    /// <summary>One of some sound inputs, after one to four blows.</summary>
    internal byte[] Damage(IReadOnlyList<byte[]> sound)
    {
        byte[] bytes = [.. sound[random.Next(sound.Count)]];
        for (int blows = random.Next(1, BlowsMax + 1); blows > 0; blows--)
            bytes = Hit(bytes, sound);
        return bytes;
    }

    /// <summary>As <see cref="Damage(IReadOnlyList{byte[]})"/>, of texts.</summary>
    internal string Damage(IReadOnlyList<string> sound) =>
        Encoding.UTF8.GetString(Damage([.. sound.Select(Encoding.UTF8.GetBytes)]));

    private byte[] Hit(byte[] bytes, IReadOnlyList<byte[]> sound)
    {
        int at = random.Next(bytes.Length + 1);
        switch (random.Next(11))
        {
            case 0 when at < bytes.Length:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1 when at < bytes.Length:
                bytes[at] = (byte)random.Next(256);
                return bytes;
            case 2:
                return bytes[..at];
            case 3:
                return [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + random.Next(1, 20))..]];
            case 4:
                byte[] again = bytes[at..Math.Min(bytes.Length, at + random.Next(1, 40))];
                return [.. bytes[..at], .. Enumerable.Repeat(again, random.Next(1, 5)).SelectMany(part => part), .. bytes[at..]];
            case 5:
                byte[] other = sound[random.Next(sound.Count)];
                return [.. bytes[..at], .. other[random.Next(other.Length + 1)..]];
            case 6:
                return Insert(bytes, at, s_words[random.Next(s_words.Length)]);
            case 7 when bytes.Length > sizeof(long):
                return Lie(bytes);
            case 8:
                return Renumber(bytes);
            case 9:
                string opening = s_openings[random.Next(s_openings.Length)];
                return Insert(bytes, at, Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(opening, random.Next(1, NestingMax)))));
            default:
                byte[] noise = new byte[random.Next(1, 33)];
                random.NextBytes(noise);
                return Insert(bytes, at, noise);
        }
    }

    /// <summary>Puts an edge where a length may stand: most are near the beginning.</summary>
    private byte[] Lie(byte[] bytes)
    {
        int width = 1 << random.Next(4);
        int at = random.Next(random.Next(2) == 0 ? 16 : bytes.Length);
        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(number, s_edges[random.Next(s_edges.Length)]);
        for (int i = 0; i < width && at + i < bytes.Length; i++)
            bytes[at + i] = number[i];
        return bytes;
    }

    /// <summary>Puts another number where one is written in digits.</summary>
    private byte[] Renumber(byte[] bytes)
    {
        int[] starts = [.. Enumerable.Range(0, bytes.Length)
            .Where(i => char.IsAsciiDigit((char)bytes[i]) && (i == 0 || !char.IsAsciiDigit((char)bytes[i - 1])))];
        if (starts.Length == 0)
            return bytes;
        int start = starts[random.Next(starts.Length)];
        int end = start;
        while (end < bytes.Length && char.IsAsciiDigit((char)bytes[end]))
            end++;
        string number = random.Next(3) == 0
            ? random.NextInt64(long.MinValue, long.MaxValue).ToString(CultureInfo.InvariantCulture)
            : s_numbers[random.Next(s_numbers.Length)];
        return [.. bytes[..start], .. Encoding.ASCII.GetBytes(number), .. bytes[end..]];
    }

    private static byte[] Insert(byte[] bytes, int at, byte[] more) => [.. bytes[..at], .. more, .. bytes[at..]];
}
