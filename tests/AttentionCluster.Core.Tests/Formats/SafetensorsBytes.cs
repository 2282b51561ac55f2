using System.Text;

namespace AttentionCluster.Core.Tests.Formats;

/// <summary>Safetensors files put together by hand, right or wrong.</summary>
internal static class SafetensorsBytes
{
    public static byte[] Of(string header, int dataBytes) =>
        [.. BitConverter.GetBytes((long)Encoding.UTF8.GetByteCount(header)), .. Encoding.UTF8.GetBytes(header),
            .. NpyBytes.Data(dataBytes)];

    public static string Tensor(string name, string dtype, string shape, long begin, long end) =>
        $$"""
        "{{name}}":{"dtype":"{{dtype}}","shape":[{{shape}}],"data_offsets":[{{begin}},{{end}}]}
        """;
}
