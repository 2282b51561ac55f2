using System.CommandLine;
using System.Text.Json;
using AttentionCluster.Cli.Terminal;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Cli.Doctor;

/// <summary><c>attn doctor</c>: what this machine has and would use.</summary>
internal static class DoctorCommand
{
    /// <summary>Declares the command.</summary>
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object and nothing else" };
        var command = new Command("doctor", "Shows what this machine has and would use, and what is missing.") { json };
        command.SetAction(parse => Run(parse.InvocationConfiguration, parse.GetValue(json)));
        return command;
    }

    private static int Run(InvocationConfiguration terminal, bool json)
    {
        Diagnosis diagnosis = Examination.Run(Path.GetTempPath());
        terminal.Output.WriteLine(json ? JsonSerializer.Serialize(diagnosis, DiagnosisJson.Default.Diagnosis) : Text(diagnosis));
        foreach (string problem in diagnosis.Problems)
            terminal.Error.WriteLine($"attn: {problem}");
        return diagnosis.Problems.Count == 0 ? ExitCode.Done : ExitCode.CheckFailed;
    }

    private static string Text(Diagnosis diagnosis) =>
        $"""
        system         {diagnosis.OperatingSystem}, {diagnosis.Architecture}
        runtime        {diagnosis.Runtime}
        vectors        AVX2 {YesNo(diagnosis.Avx2)}, FMA {YesNo(diagnosis.Fma)}, AVX-512F {YesNo(diagnosis.Avx512)}
        kernel         {diagnosis.Kernel}{(diagnosis.Kernel == KernelPath.Emulated.Name() ? " (this machine has no fused multiply-add: exact, and many times slower; --kernel separate is faster, with other bits)" : "")}
        cores          {diagnosis.Cores}
        memory         {ByteSize.Text(diagnosis.MemoryBytes)}, of which a node takes {ByteSize.Text(diagnosis.NodeMemoryBytes)}
        data           {diagnosis.DataDirectory} ({(diagnosis.DataDirectoryWritable ? "writable" : "not writable")}, {(diagnosis.DataDirectoryFreeBytes is { } free ? $"{ByteSize.Text(free)} free" : "free space unknown")})
        loopback port  {(diagnosis.LoopbackPort ? "can be bound" : "cannot be bound")}
        """;

    private static string YesNo(bool value) => value ? "yes" : "no";
}
