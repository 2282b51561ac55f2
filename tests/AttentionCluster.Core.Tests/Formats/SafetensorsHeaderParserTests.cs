using System.Text;
using AttentionCluster.Core.Formats;
using static AttentionCluster.Core.Tests.Formats.SafetensorsBytes;

namespace AttentionCluster.Core.Tests.Formats;

public class SafetensorsHeaderParserTests
{
    [Theory]
    [InlineData("", 0, "an empty header", "'{'")]
    [InlineData(" {}", 0, "' '", "'{'")]
    [InlineData("[]", 0, "'['", "'{'")]
    [InlineData("{", 1, "no valid JSON", "a JSON object of tensors")]
    [InlineData("{}x", 2, "no valid JSON", "a JSON object of tensors")]
    [InlineData("{}{}", 2, "no valid JSON", "a JSON object of tensors")]
    [InlineData("{\"q\":1}", 5, "'1' (Number)", "'{' after the name 'q'")]
    [InlineData("{\"q\":{}}", 6, "tensor 'q' without a dtype", "dtype, shape and data_offsets")]
    [InlineData("{\"q\":{\"dtype\":\"F32\"}}", 19, "tensor 'q' without a shape", "dtype, shape and data_offsets")]
    [InlineData("{\"q\":{\"dtype\":\"F32\",\"shape\":[]}}", 30, "tensor 'q' without two data_offsets", "dtype, shape")]
    [InlineData("{\"q\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0]}}", 49, "tensor 'q' without two data_offsets", "dtype, shape")]
    [InlineData("{\"q\":{\"data_offsets\":[0,4,4]}}", 26, "one more number", "at most 2 offsets")]
    [InlineData("{\"q\":{\"data_offsets\":{}}}", 21, "'{' (StartObject)", "'[' before offsets")]
    [InlineData("{\"q\":{\"shape\":[[]]}}", 15, "no valid JSON (The maximum configured depth", "a JSON object of tensors")]
    [InlineData("{\"q\":{\"dtype\":4}}", 14, "'4' (Number)", "the dtype of tensor 'q' as a text")]
    [InlineData("{\"q\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", 20, "key 'dtype' in tensor 'q'", "once")]
    [InlineData("{\"q\":{\"strides\":[1]}}", 6, "key 'strides' in tensor 'q'", "once")]
    [InlineData("{\"__metadata__\":[]}", 16, "'[' (StartArray)", "'{' after __metadata__")]
    [InlineData("{\"__metadata__\":{\"a\":1}}", 21, "'1' (Number)", "a text")]
    [InlineData("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 29, "a second 'a' in the metadata", "each key once")]
    [InlineData("{\"__metadata__\":{},\"__metadata__\":{}}", 19, "a second '__metadata__'", "each name once")]
    [InlineData("{\"__metadata__\":{\"a\":\"\\ud800\"}}", 21, "a text that is no Unicode", "UTF-8")]
    public void A_header_that_says_something_else_is_refused(string header, int at, string found, string wanted) =>
        Refused.Because(Of(header, 4), 8 + at, found, wanted);

    [Fact]
    public void A_second_tensor_of_one_name_is_refused()
    {
        // Spelt with an escape, it is the same name.
        string first = Tensor("q", "F32", "1", 0, 4);
        string header = $"{{{first},{Tensor("\\u0071", "F32", "1", 4, 8)}}}";
        Refused.Because(Of(header, 8), 8 + 2 + first.Length, "a second 'q'", "each name once");
    }

    [Fact]
    public void Bytes_that_are_no_Unicode_are_refused()
    {
        byte[] bytes = Of("{\"?\":{\"dtype\":\"F32\"}}", 4);
        bytes[10] = 0xff;
        Refused.Because(bytes, 9, "a text that is no Unicode", "UTF-8");
    }

    [Fact]
    public void Names_axes_and_tensors_are_bounded()
    {
        string longName = new('q', FormatLimits.NameLengthMax + 1);
        Refused.Because(Of($"{{{Tensor(longName, "F32", "1", 0, 4)}}}", 4), 9, "a name of 1001 characters", "at most 1000");

        string axes = string.Join(',', Enumerable.Repeat("1", FormatLimits.RankMax + 1));
        string header = $"{{{Tensor("q", "F32", axes, 0, 4)}}}";
        Refused.Because(Of(header, 4), 8 + header.LastIndexOf("1]", StringComparison.Ordinal), "one more number", "at most 64 axes");

        StringBuilder many = new("{");
        for (int i = 0; i < FormatLimits.TensorCountMax; i++)
            many.Append(Tensor($"t{i}", "U8", "0", 0, 0)).Append(',');
        int at = many.Length;
        many.Append(Tensor("last", "U8", "0", 0, 0)).Append('}');
        Refused.Because(Of(many.ToString(), 0), 8 + at, "one more tensor", "at most 100000");
    }
}
