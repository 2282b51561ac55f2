using System.Text;
using AttentionCluster.Core.Tests.Fuzzing;
using AttentionCluster.Server.Configuration;

namespace AttentionCluster.Server.Tests.Configuration;

/// <summary>A configuration of any kind is read, or its problems are told.</summary>
[Collection(FuzzCollection.Name)]
public sealed class FuzzedSettingsTests : IDisposable
{
    /// <summary>All keys are read and compared for every case, and listed where one is not known.</summary>
    private const long AllocatedBytesMax = 4 << 20;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Damaged_files_are_read_or_refused()
    {
        string path = Path.Combine(_folder.Path, "attn.json");
        byte[][] samples = [.. Directory.GetFiles("cluster-config", "*.json").Select(File.ReadAllBytes)];

        FuzzLoop.Run(
            600, random => new Mutator(random).Damage(samples),
            bytes =>
            {
                File.WriteAllBytes(path, bytes);
                ConfigurationLayer layer = ConfigurationLayer.FromFile(path);
                Assert.All(Settings.Problems(layer), problem => Assert.NotEmpty(problem));
            },
            problem => problem is FormatException, AllocatedBytesMax);
    }

    [Fact]
    public void Damaged_values_are_read_or_refused_at_every_key()
    {
        string[] keys = [.. Settings.KnownKeys()];

        FuzzLoop.Run(
            1_500,
            random => Encoding.UTF8.GetBytes($"{keys[random.Next(keys.Length)]}\n{new Mutator(random).Damage(["10s", "-Infinitys", "5min", "1.5h", "16MiB", "4096", "127.0.0.1:4053", "http://[::1]:80", "true", "gateway,worker", "1e11", "a.pem"])}"),
            bytes =>
            {
                string[] pair = Encoding.UTF8.GetString(bytes).Split('\n', 2);
                Assert.All(Settings.Problems((pair[0], pair[1])), problem => Assert.NotEmpty(problem));
            },
            _ => false, AllocatedBytesMax);
    }

    [Theory]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""{"Node":{"Name":"\udc00"}}""")]
    public void A_text_that_is_no_Unicode_is_refused(string json)
    {
        string path = Path.Combine(_folder.Path, "surrogate.json");
        File.WriteAllText(path, json);

        Assert.Throws<FormatException>(() => ConfigurationLayer.FromFile(path));
    }
}
