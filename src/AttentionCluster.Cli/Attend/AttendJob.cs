using AttentionCluster.Cli.Embedded;
using AttentionCluster.Cli.Inputs;
using AttentionCluster.Cluster;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cli.Attend;

/// <summary>A job about which everything that can be known beforehand has been checked.</summary>
/// <param name="Input">Q, K and V.</param>
/// <param name="Options">What to compute.</param>
/// <param name="Node">The node that computes; null for those of a server.</param>
/// <param name="Output">Where the result goes; null when only the report is wanted.</param>
internal sealed record AttendJob(IJobInput Input, AttentionOptions Options, NodeOptions? Node, OutputFile? Output)
{
    /// <summary>The folder on whose disk the job works.</summary>
    public string WorkDirectory => Output?.Directory ?? Path.GetTempPath();

    /// <summary>Checks plan, node and disk. What a server's nodes can do, the server knows.</summary>
    /// <returns>The job, or null with the first thing that is wrong.</returns>
    public static AttendJob? Create(
        IJobInput input, AttentionOptions options, NodeOptions? node, string? outputPath, out Refusal? refusal)
    {
        refusal = null;
        if (node is not null)
            options.Kernel.Resolve(out refusal);
        if (refusal is not null)
            return null;
        AttentionOptions planned = options.WithOutputFor(input.QueryType);
        AuxiliaryLayout? auxiliary = input.ReadAuxiliary(planned, out refusal);
        AttentionPlan? plan = auxiliary is null ? null : AttentionPlan.Create(input.Shape, planned, out refusal, auxiliary);
        refusal ??= node?.Validate() is [{ } first, ..] ? first : null;
        refusal ??= plan is null ? null : node?.CheckMemory(plan, input.KeyType, input.ValueType);
        if (plan is null || refusal is not null)
            return null;

        // The numbers that have a range, before anything is begun or sent.
        using (AuxiliaryTensors? numbers = input.OpenAuxiliary(planned, out refusal))
        {
            if (numbers is null)
                return null;
        }

        OutputFile? output = outputPath is null ? null : OutputFile.Create(outputPath, input.Paths, planned.Output, out refusal);
        if (refusal is not null)
            return null;

        var job = new AttendJob(input, options, node, output);
        refusal = job.CheckDisk(planned);
        return refusal is null ? job : null;
    }

    private Refusal? CheckDisk(AttentionOptions planned)
    {
        if (Node is null)
        {
            return Output is null ? null : DiskRoom.Check(
                Output.Directory, Output.BytesNeeded(Input.Shape, planned), "no room on the disk for the result");
        }

        if (Output is null && DiskRoom.WriteProblem(WorkDirectory) is { } problem)
            return new Refusal(ErrorCode.OutputNotWritable, $"the result needs a folder while it is made: {problem}");

        long result = Output?.BytesNeeded(Input.Shape, planned) ?? OutputFile.ResultBytes(Input.Shape, planned);
        return DiskRoom.Check(
            WorkDirectory,
            result + Input.StoreBytes,
            Input.StoreBytes == 0 ? "no room on the disk for the result" : "no room on the disk for the random input and the result");
    }
}
