using System.CommandLine;
using AttentionCluster.Cli.Attend;
using AttentionCluster.Cli.Bench;
using AttentionCluster.Cli.Doctor;
using AttentionCluster.Cli.Drain;
using AttentionCluster.Cli.Jobs;
using AttentionCluster.Cli.Merge;
using AttentionCluster.Cli.Serve;
using AttentionCluster.Cli.Status;
using AttentionCluster.Cli.Terminal;
using AttentionCluster.Cli.Verify;

var attn = new RootCommand("Exact softmax attention over long sequences, on a cluster of CPU nodes.")
{
    AttendCommand.Create(),
    VerifyCommand.Create(),
    MergeCommand.Create(),
    ServeCommand.Create(),
    JobsCommand.Create(),
    CancelCommand.Create(),
    StatusCommand.Create(),
    DrainCommand.Create(),
    BenchCommand.Create(),
    DoctorCommand.Create(),
};

return await Shell.RunAsync(attn, args);
