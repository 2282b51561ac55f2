using System.Text.Json;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Doctor;

public sealed class DoctorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_machine_that_can_run_the_tests_has_what_is_needed()
    {
        AttnResult result = Attn.Run(_folder, "doctor").Expect(0);

        Assert.Matches("kernel +(avx512|avx2|portable)", result.Output);
        Assert.Contains(_folder.Scratch, result.Output, StringComparison.Ordinal);
        Assert.Empty(result.Error);
    }

    [Fact]
    public void Json_is_one_object()
    {
        JsonElement diagnosis = Attn.Run(_folder, "doctor", "--json").Expect(0).Json;

        Assert.Equal(Environment.ProcessorCount, diagnosis.GetProperty("cores").GetInt32());
        Assert.True(diagnosis.GetProperty("memory_bytes").GetInt64() > 0);
        Assert.Empty(diagnosis.GetProperty("problems").EnumerateArray());
    }

    [Fact]
    public void A_temporary_folder_that_is_not_there_is_a_problem()
    {
        AttnResult result = Attn.Run(_folder, [("TMPDIR", _folder.File("none"))], "doctor").Expect(1);

        Assert.Contains("none", result.Error, StringComparison.Ordinal);
        Assert.Contains("does not exist", result.Error, StringComparison.Ordinal);
    }
}
