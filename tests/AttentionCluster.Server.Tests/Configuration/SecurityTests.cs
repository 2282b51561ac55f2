using AttentionCluster.Cluster;
using AttentionCluster.Cluster.Tests.DataPlane.Http;
using AttentionCluster.Server.Configuration;

namespace AttentionCluster.Server.Tests.Configuration;

/// <summary>Beyond loopback nothing is open unless that was asked for.</summary>
public sealed class SecurityTests : IDisposable
{
    private const string Token = "0123456789abcdef";

    private readonly TemporaryFolder _folder = new();
    private readonly CertificateFiles _certificates = new();

    private string DataDirectory => Path.Combine(_folder.Path, "data");

    public void Dispose()
    {
        _folder.Dispose();
        _certificates.Dispose();
    }

    [Theory]
    [InlineData("http://0.0.0.0:8080")]
    [InlineData("http://10.0.0.1:8080")]
    [InlineData("http://[::]:8080")]
    public void The_public_interface_needs_a_token_or_leave(string url)
    {
        Assert.StartsWith("Security:Token (by default): ", Assert.Single(Settings.Problems(("Http:Urls", url))), StringComparison.Ordinal);
        Assert.Equal(Token, Settings.Read(Settings.Layer("test", ("Http:Urls", url), ("Security:Token", Token))).Http.Token);
        Assert.True(Settings.Read(Settings.Layer("test", ("Http:Urls", url), ("Security:AllowAnonymous", "true"))).Http.AllowAnonymous);
    }

    [Theory]
    [InlineData("http://127.0.0.1:8080")]
    [InlineData("http://[::1]:0")]
    [InlineData("http://localhost:8080")]
    public void Loopback_needs_none(string url) => Settings.Read(Settings.Layer("test", ("Http:Urls", url)));

    [Theory]
    [InlineData("Cluster:Listen", "10.0.0.1:4053")]
    [InlineData("Cluster:Listen", "node-1:4053")]
    [InlineData("DataPlane:Listen", "10.0.0.1:4054")]
    public void Nodes_need_TLS_or_leave(string key, string address)
    {
        NodeTls tls = _certificates.Issue();

        Assert.StartsWith($"{key} (test): ", Assert.Single(Settings.Problems((key, address))), StringComparison.Ordinal);
        Settings.Read(Settings.Layer("test", (key, address), ("Security:Insecure", "true")));
        ServeOptions options = Settings.Read(Settings.Layer(
            "test", (key, address), ("Security:Tls:CertificateFile", tls.CertificatePath), ("Security:Tls:KeyFile", tls.KeyPath),
                ("Security:Tls:AuthorityFile", tls.AuthorityPath)));
        Assert.Equal((tls, tls), (options.Node.Tls, options.DataPlane.Tls));
    }

    [Fact]
    public void A_node_on_all_addresses_says_by_which_host_it_is_reached_once()
    {
        ConfigurationLayer open = Settings.Layer(
            "test", ("Cluster:Listen", "0.0.0.0:4053"), ("DataPlane:Listen", "0.0.0.0:4054"), ("Security:Insecure", "true"));

        Assert.Equal(2, Settings.Problems(open).Count(problem => problem.Contains("by which host", StringComparison.Ordinal)));
        ServeOptions options = Settings.Read(open, Settings.Layer("more", ("Cluster:AdvertisedHost", "node-1")));
        Assert.Equal(("node-1", "node-1"), (options.Node.AdvertisedHost, options.DataPlane.AdvertisedHost));
    }

    [Fact]
    public void Certificates_that_do_not_belong_together_are_refused_before_the_start()
    {
        (NodeTls one, NodeTls other) = (_certificates.Issue(), _certificates.Issue());

        Assert.StartsWith("Security:Tls:CertificateFile (test): the files can't be used", Assert.Single(Settings.Problems(
            ("Security:Tls:CertificateFile", one.CertificatePath), ("Security:Tls:KeyFile", other.KeyPath),
                ("Security:Tls:AuthorityFile", one.AuthorityPath))), StringComparison.Ordinal);
        Assert.StartsWith("Http:CertificateFile (test): the files can't be used", Assert.Single(Settings.Problems(
            ("Http:CertificateFile", one.CertificatePath), ("Http:KeyFile", other.KeyPath), ("Http:Urls", "https://127.0.0.1:0"))),
                StringComparison.Ordinal);
    }

    [Fact]
    public void Https_needs_a_certificate() =>
        Assert.StartsWith("Http:CertificateFile (by default): ", Assert.Single(Settings.Problems(("Http:Urls", "https://127.0.0.1:8443"))),
            StringComparison.Ordinal);

    [Fact]
    public void A_token_may_be_in_a_file_but_not_in_two_places()
    {
        string file = Write("token", $"{Token}\n");

        Assert.Equal(Token, Settings.Read(Settings.Layer("test", ("Security:TokenFile", file))).Http.Token);
        Assert.Contains("only one of them counts",
            Assert.Single(Settings.Problems(("Security:TokenFile", file), ("Security:Token", Token))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_too_long_for_a_token_is_not_taken_for_one() =>
        Assert.Contains("is it another file?",
            Assert.Single(Settings.Problems(("Security:TokenFile", Write("long", new string('a', 5000))))), StringComparison.Ordinal);

    [Fact]
    public void A_node_that_starts_a_cluster_makes_its_secret_and_those_that_join_it_on_the_same_machine_find_it()
    {
        ConfigurationLayer data = Settings.Layer("test", ("Node:DataDirectory", DataDirectory));
        ConfigurationLayer seeds = Settings.Layer("joining", ("Cluster:Seeds", "127.0.0.1:4053"));

        Assert.StartsWith("Security:SecretFile (by default): a node with seeds needs the secret of its cluster",
            Assert.Single(Settings.Problems(data, seeds)), StringComparison.Ordinal);
        ServeOptions? first = ServeConfiguration.Read([Settings.Machine, data], 16L << 30, out _);
        ServeOptions? again = ServeConfiguration.Read([Settings.Machine, data], 16L << 30, out _);

        Assert.Equal(64, first!.DataPlane.Secret.Length);
        Assert.Equal(first.DataPlane.Secret, again!.DataPlane.Secret);
        Assert.Equal(first.DataPlane.Secret, Settings.Read(data, seeds).DataPlane.Secret);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite,
                File.GetUnixFileMode(Path.Combine(DataDirectory, "cluster-secret")));
    }

    [Fact]
    public void A_data_directory_that_cannot_be_made_is_refused()
    {
        string file = Write("file", "");

        Assert.Null(ServeConfiguration.Read([Settings.Machine, Settings.Layer("test", ("Node:DataDirectory", Path.Combine(file, "data")))],
            16L << 30, out IReadOnlyList<string> problems));
        Assert.Matches("^Node:DataDirectory \\(test\\): the folder .* can't be written", Assert.Single(problems));
    }

    [Fact]
    public void Nothing_is_made_when_something_is_wrong()
    {
        ServeConfiguration.Read([Settings.Machine, Settings.Layer("test", ("Node:DataDirectory", DataDirectory), ("Node:Threads", "0"))],
            16L << 30, out _);

        Assert.False(Directory.Exists(DataDirectory));
    }

    [Fact]
    public void Neither_token_nor_secret_is_in_the_text_that_gets_logged()
    {
        ServeOptions options = Settings.Read(Settings.Layer("test", ("Security:Token", Token), ("Security:Secret", Settings.Secret)));

        Assert.DoesNotContain(Token, $"{options}", StringComparison.Ordinal);
        Assert.DoesNotContain(Settings.Secret, $"{options}", StringComparison.Ordinal);
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder.Path, name);
        File.WriteAllText(path, text);
        return path;
    }
}
