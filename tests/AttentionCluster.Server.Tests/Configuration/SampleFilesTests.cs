using System.Reflection;
using AttentionCluster.Cluster;
using AttentionCluster.Cluster.Tests.DataPlane.Http;
using AttentionCluster.Server.Configuration;

namespace AttentionCluster.Server.Tests.Configuration;

/// <summary>The files of <c>cluster-config</c> are good as they are, and tell of every setting.</summary>
public sealed class SampleFilesTests : IDisposable
{
    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "cluster-config");
    private static readonly string[] s_names = [.. Directory.GetFiles(s_folder, "*.json").Select(path => Path.GetFileName(path)).Order()];

    private readonly TemporaryFolder _folder = new();
    private readonly CertificateFiles _certificates = new();

    public static TheoryData<string> Names { get; } = [.. s_names];

    public void Dispose()
    {
        _folder.Dispose();
        _certificates.Dispose();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_sample_is_good_once_the_files_are_there_that_it_names(string name)
    {
        ConfigurationLayer sample = Sample(name);

        Settings.Read(sample, FilesOf(sample));
    }

    [Fact]
    public void The_samples_are_those_of_the_roles()
    {
        Assert.Equal(["all-settings.json", "gateway.json", "one-machine.json", "seed.json", "tls.json", "worker.json"], s_names);
        Assert.Equal(NodeRoles.Gateway, Read("gateway.json").Node.Roles);
        Assert.Equal(NodeRoles.Worker, Read("worker.json").Node.Roles);
        Assert.Equal(2, Read("seed.json").Node.Seeds.Count);
        Assert.NotNull(Read("seed.json").Node.Tls);
        Assert.NotNull(Read("tls.json").DataPlane.Tls);
        Assert.Equal(("worker-1", true),
            (Read("worker.json", "tls.json").Node.AdvertisedHost, Read("worker.json", "tls.json").Node.Tls is not null));
    }

    [Fact]
    public void One_file_has_every_key_and_its_default()
    {
        Assert.Equal(Settings.KnownKeys().Order(StringComparer.Ordinal),
            KeysOf(Sample("all-settings.json"), null).Order(StringComparer.Ordinal));
        ServeOptions stated = Settings.Read(Sample("all-settings.json"));
        ServeOptions defaults = Settings.Read();
        Assert.All(Values(stated).Zip(Values(defaults)), pair => Assert.Equal(pair.Second, pair.First));
    }

    /// <summary>An option that no key reaches would be one that nobody can set.</summary>
    [Fact]
    public void Every_option_is_reached_by_a_key()
    {
        ConfigurationLayer others = Settings.Layer(
            "test", ("Node:Roles", "gateway"), ("Node:Name", "other"), ("Node:DataDirectory", "other"), ("Node:Threads", "3"),
                ("Node:MemoryBytesMax", "2GiB"),
            ("Node:ChunkBytes", "2MiB"), ("Node:OfferAgeMax", "11min"), ("Node:StartTimeout", "31s"), ("Node:LeaveTimeout", "11s"),
            ("Cluster:Listen", "127.0.0.1:1"), ("Cluster:AdvertisedHost", "other"), ("Cluster:Seeds", "other:1"),
                ("Cluster:LookInterval", "2s"),
            ("DataPlane:Listen", "127.0.0.1:1"), ("DataPlane:AdvertisedHost", "another"), ("DataPlane:ServedMax", "1"),
                ("DataPlane:PulledMax", "1"),
            ("DataPlane:ConnectionsMax", "1"), ("DataPlane:ConnectTimeout", "1s"), ("DataPlane:StallTimeout", "6s"),
                ("DataPlane:BytesPerSecondMin", "1"), ("DataPlane:BusyRetriesMax", "1"),
            ("Http:Urls", "http://127.0.0.1:1"), ("Http:AllowedHosts", "other"), ("Http:CertificateFile", "x"), ("Http:KeyFile", "x"),
                ("Http:ConnectionsMax", "1"), ("Http:ConnectionsPerAddressMax", "1"), ("Http:BufferBytesMax", "1MiB"),
                ("Http:BodyBytesMax", "2MiB"),
            ("Http:HeaderBytesMax", "16KiB"), ("Http:HeaderTimeout", "11s"), ("Http:IdleTimeout", "11s"), ("Http:StallTimeout", "11s"),
                ("Http:BytesPerSecondMin", "1"),
            ("Jobs:JobsRunningMax", "1"), ("Jobs:JobsQueuedMax", "1"), ("Jobs:CallsQueuedMax", "1"), ("Jobs:UploadsPerAddressMax", "1"),
                ("Jobs:SmallJobFlopsMax", "1"), ("Jobs:AttentionBytesMax", "1MiB"), ("Jobs:HeaderBytesMax", "2MiB"),
            ("Jobs:StoreBytesMax", "1GiB"), ("Jobs:JobsKeptMax", "1"), ("Jobs:ResultAgeMax", "1h"), ("Jobs:SweepInterval", "2min"),
                ("Jobs:UploadBytesPerSecondMin", "1"), ("Jobs:UploadGracePeriod", "11s"),
            ("Jobs:EventInterval", "1s"), ("Jobs:HeartbeatInterval", "1s"), ("Jobs:ProgressTimeout", "11min"),
                ("Jobs:PlanningTimeout", "11min"),
            ("Journal:Provider", "PostgreSql"), ("Journal:ConnectionString", "Host=other;Database=attn"),
            ("Security:Token", "0123456789abcdef"), ("Security:AllowAnonymous", "true"), ("Security:Secret", Settings.Secret),
            ("Security:Tls:CertificateFile", "x"), ("Security:Tls:KeyFile", "x"), ("Security:Tls:AuthorityFile", "x"),
                ("Logging:Level", "Error"));
        ServeOptions changed = Settings.Read(others, FilesOf(others));

        Assert.All(Values(changed).Zip(Values(Settings.Read())), pair => Assert.NotEqual(pair.Second, pair.First));
    }

    /// <summary>All values of options, as text, with their names. What the machine decides or is made anew is replaced.</summary>
    private static IEnumerable<string> Values(ServeOptions options) =>
        ValuesOf(options.Node)
            .Concat(ValuesOf(options.DataPlane with { Secret = options.DataPlane.Secret == Settings.Secret ? "given" : "made" }))
            .Concat(ValuesOf(options.Http)).Concat(ValuesOf(options.Jobs)).Append($"{options.LogLevel}");

    private static IEnumerable<string> ValuesOf<T>(T options) => typeof(T)
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => property.CanWrite)
        .Select(property => $"{typeof(T).Name}.{property.Name} = {Text(property.GetValue(options))}");

    private static string Text(object? value) => value is IEnumerable<string> list ? string.Join(' ', list) : $"{value}";

    private static ConfigurationLayer Sample(string name) => ConfigurationLayer.FromFile(Path.Combine(s_folder, name));

    private static IEnumerable<string> KeysOf(ConfigurationLayer layer, string? parent)
    {
        string[] children = [.. layer.Provider.GetChildKeys([], parent).Distinct()];
        return children.Length == 0 || int.TryParse(children[0], out _)
            ? [parent!]
            : children.SelectMany(child => KeysOf(layer, parent is null ? child : $"{parent}:{child}"));
    }

    private ServeOptions Read(params string[] names)
    {
        ConfigurationLayer[] samples = [.. names.Select(Sample)];
        return Settings.Read([.. samples, .. samples.Select(FilesOf)]);
    }

    /// <summary>A layer that puts real files for those that another one names.</summary>
    private ConfigurationLayer FilesOf(ConfigurationLayer sample)
    {
        NodeTls tls = _certificates.Issue();
        var files = new Dictionary<string, string>
        {
            ["Security:Tls:CertificateFile"] = tls.CertificatePath,
            ["Security:Tls:KeyFile"] = tls.KeyPath,
            ["Security:Tls:AuthorityFile"] = tls.AuthorityPath,
            ["Http:CertificateFile"] = tls.CertificatePath,
            ["Http:KeyFile"] = tls.KeyPath,
            ["Security:TokenFile"] = Path.Combine(_folder.Path, "secret"),
            ["Security:SecretFile"] = Path.Combine(_folder.Path, "secret"),
        };
        File.WriteAllText(Path.Combine(_folder.Path, "secret"), Settings.Secret);
        return Settings.Layer("files",
            [.. files.Where(file => sample.Provider.TryGet(file.Key, out string? value) && value is not null)
            .Select(file => (file.Key, (string?)file.Value))]);
    }
}
