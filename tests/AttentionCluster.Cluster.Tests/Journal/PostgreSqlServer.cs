using System.Diagnostics;
using Npgsql;

namespace AttentionCluster.Cluster.Tests.Journal;

/// <summary>
/// A PostgreSQL server of this test run, on a socket in a folder of its own. It refuses to be root's, so it is run by the user that its
/// package has made.
/// </summary>
public sealed class PostgreSqlServer : IDisposable
{
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(100);

    private readonly string? _folder;
    private readonly Process? _server;

    public PostgreSqlServer()
    {
        if (OperatingSystem.IsWindows() || Programs() is not { } programs)
            return;
        _folder = Directory.CreateTempSubdirectory("postgres-").FullName;
        if (Environment.UserName == "root")
            Run("chown", "postgres", _folder);
        string data = Path.Combine(_folder, "data");
        Run(AsServer(Path.Combine(programs, "initdb"), "-D", data, "-A", "trust", "-U", "postgres", "--no-sync"));
        _server = Start(AsServer(Path.Combine(programs, "postgres"), "-D", data, "-k", _folder, "-c", "listen_addresses="));
        WaitUntilItAnswers();
    }

    /// <summary>How it is reached; null when PostgreSQL is not installed.</summary>
    public string? ConnectionString => _folder is null ? null : $"Host={_folder};Username=postgres;Database=postgres";

    public void Dispose()
    {
        if (_server is null)
            return;

        // SIGINT: it breaks off what is open, and ends in order.
        Run("kill", "-INT", $"{ServerId()}");
        _server.WaitForExit((int)Patience.Limit.TotalMilliseconds);
        _server.Dispose();
        Directory.Delete(_folder!, recursive: true);
    }

    /// <summary>Not <c>runuser</c>, which waits for it, but the server itself.</summary>
    private int ServerId() => int.Parse(File.ReadLines(Path.Combine(_folder!, "data", "postmaster.pid")).First());

    private static string? Programs() => Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin"))
            .Where(bin => File.Exists(Path.Combine(bin, "initdb"))).Order().LastOrDefault()
        : null;

    private static string[] AsServer(params string[] command) => Environment.UserName == "root"
        ? ["runuser", "-u", "postgres", "--", .. command] : command;

    private static void Run(params string[] command)
    {
        using Process process = Start(command);
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{string.Join(' ', command)} ended with {process.ExitCode}");
    }

    private static Process Start(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = "/",
            RedirectStandardOutput = true,
            RedirectStandardError = true
        };
        Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private void WaitUntilItAnswers()
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var connection = new NpgsqlConnection(ConnectionString);
                connection.Open();
                return;
            }
            catch (NpgsqlException) when (clock.Elapsed < Patience.Limit)
            {
                Thread.Sleep(s_pollInterval);
            }
        }
    }
}
