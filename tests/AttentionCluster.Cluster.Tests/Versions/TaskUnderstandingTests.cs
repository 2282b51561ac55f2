using System.Globalization;
using AttentionCluster.Cluster.Versions;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core.Attention;
using Google.Protobuf;

namespace AttentionCluster.Cluster.Tests.Versions;

/// <summary>A worker computes a task only when it understands all of it: what is left out would make it another one.</summary>
public sealed class TaskUnderstandingTests : IDisposable
{
    private readonly Worker _worker = new();

    public void Dispose() => _worker.Dispose();

    [Fact]
    public void A_task_of_this_build_is_understood_and_all_its_fields_are_known()
    {
        ComputeTask task = WithAuxiliary();

        Assert.Null(TaskUnderstanding.WhyNot(ComputeTask.Parser.ParseFrom(task.ToByteArray())));
        Assert.Subset(TaskFields.All.ToHashSet(), TaskFields.Used(task).ToHashSet());
        Assert.Superset(new HashSet<string> { "1", "9", "9.1", "23", "23.1", "23.2", "23.2.1", "100" }, TaskFields.Used(task).ToHashSet());
    }

    /// <summary>So a task of one segment takes no more bytes than before there were nodes, and builds from before understand it.</summary>
    [Fact]
    public void A_task_of_one_segment_says_nothing_of_nodes() => Assert.DoesNotContain(
        ComputeTask.LevelFieldNumber.ToString(CultureInfo.InvariantCulture), TaskFields.Used(_worker.Task(0, 0)));

    [Fact]
    public void An_invented_field_is_not_understood_wherever_it_is()
    {
        Assert.NotNull(TaskUnderstanding.WhyNot(Invented.In(WithAuxiliary())));
        ComputeTask inTensor = WithAuxiliary(), inKey = WithAuxiliary(), inAuxiliary = WithAuxiliary(), inAuxiliaryTensor = WithAuxiliary();
        inTensor.Query = Invented.In(inTensor.Query);
        inKey.Segment = Invented.In(inKey.Segment);
        inAuxiliary.Auxiliary[0] = Invented.In(inAuxiliary.Auxiliary[0]);
        inAuxiliaryTensor.Auxiliary[0].Tensor = Invented.In(inAuxiliaryTensor.Auxiliary[0].Tensor);

        Assert.All([inTensor, inKey, inAuxiliary, inAuxiliaryTensor], task =>
            Assert.Contains("fields", TaskUnderstanding.WhyNot(task), StringComparison.Ordinal));
    }

    [Fact]
    public void A_value_that_this_build_gives_no_meaning_is_not_understood()
    {
        ComputeTask kernel = WithAuxiliary(), type = WithAuxiliary(), auxiliaryType = WithAuxiliary(), name = WithAuxiliary();
        ComputeTask bits = WithAuxiliary(), unnumbered = WithAuxiliary(), node = WithAuxiliary(), family = WithAuxiliary(), none =
            WithAuxiliary(), other = WithAuxiliary();
        kernel.KernelPath = 99;
        family.Family = 99;
        none.Family = 0;
        (other.Family, other.KernelPath) = ((int)BitFamily.Separate, (int)KernelPath.Avx2);
        type.Value.ElementType = 99;
        auxiliaryType.Auxiliary[0].Tensor.ElementType = -1;
        name.Auxiliary[0].Name = "rotary";
        bits.BitContract = BitContract.Version + 1;
        unnumbered.BitContract = 0;
        node.Level = 1;

        Assert.All([kernel, type, auxiliaryType, name, bits, unnumbered, node, family, none, other], task =>
            Assert.NotNull(TaskUnderstanding.WhyNot(task)));
    }

    private ComputeTask WithAuxiliary()
    {
        ComputeTask task = _worker.Task(0, 0).Clone();
        task.Auxiliary.Add(new AuxiliaryTensorRef { Name = "mask", Tensor = task.Query.Clone() });
        return task;
    }
}
