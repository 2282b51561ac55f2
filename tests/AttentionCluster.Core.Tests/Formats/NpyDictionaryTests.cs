using static AttentionCluster.Core.Tests.Formats.NpyBytes;

namespace AttentionCluster.Core.Tests.Formats;

public class NpyDictionaryTests
{
    [Theory]
    [InlineData("", 1, "the end of the header", "'{'")]
    [InlineData("[1]", 0, "'['", "'{'")]
    [InlineData("{", 2, "the end of the header", "a quoted key, or '}'")]
    [InlineData("{descr", 1, "'d'", "a quoted key")]
    [InlineData("{'descr", 7, "byte 0x0a", "plain ASCII")]
    [InlineData("{'\u00e4'", 2, "byte 0xe4", "plain ASCII")]
    [InlineData("{'descr' '<f4'", 9, "'''", "':'")]
    [InlineData("{'descr': [('a', '<f4')]", 10, "'['", "a quoted type")]
    [InlineData("{'descr': '<f4\\'", 14, "'\\'", "plain ASCII between quotes")]
    [InlineData("{'descr': '<f4' 'shape'", 16, "'''", "',' or '}'")]
    [InlineData("{'descr': '<f4',, ", 16, "','", "a quoted key")]
    [InlineData("{'fortran_order': 0", 18, "'0'", "True or False")]
    [InlineData("{'shape': 3", 10, "'3'", "'('")]
    [InlineData("{'shape': (3)", 12, "')'", "',' after the only axis")]
    [InlineData("{'shape': (3, -1)", 14, "'-'", "the length of an axis")]
    [InlineData("{'shape': (3, 1.5)", 15, "'.'", "',' or ')'")]
    [InlineData("{'shape': (3LL,)", 13, "'L'", "','")]
    [InlineData("{'shape': (L,)", 11, "'L'", "the length of an axis")]
    [InlineData("{'shape': (99999999999999999999,)", 11, "an axis of 20 digits", "at most 9223372036854775807")]
    [InlineData("{'order': 1", 1, "key 'order'", "each of 'descr', 'fortran_order' and 'shape', once")]
    [InlineData("{'descr': '<f4', 'descr': '<f4'", 17, "key 'descr'", "once")]
    [InlineData("{'descr': '<f4', 'fortran_order': False}", 39, "the end of the dictionary", "the key 'shape'")]
    [InlineData("{'descr': '<f4', 'shape': (1,)}", 30, "the end of the dictionary", "the key 'fortran_order'")]
    [InlineData("{'shape': (1,), 'fortran_order': False,}", 39, "the end of the dictionary", "the key 'descr'")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} {", 58, "'{'", "spaces up to the data")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}\0", 57, "byte 0x00", "spaces up to the data")]
    public void A_header_that_is_no_such_dictionary_is_refused(string dictionary, int at, string found, string wanted) =>
        Refused.Because(Of(dictionary, 24), DictionaryAt + at, found, wanted);

    [Fact]
    public void More_axes_than_NumPy_has_are_refused() =>
        Refused.Because(
            Of($"{{'shape': ({string.Concat(Enumerable.Repeat("1,", 65))})", 4), DictionaryAt + 11 + 128, "one more axis",
                "at most 64 axes");
}
