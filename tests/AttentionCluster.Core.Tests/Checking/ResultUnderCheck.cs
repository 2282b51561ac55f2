using AttentionCluster.Core.Checking;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Core.Tests.Kernels;

namespace AttentionCluster.Core.Tests.Checking;

/// <summary>A problem and its result as the product's check reads them.</summary>
internal sealed class ResultUnderCheck(AttentionProblem problem, AttentionResult result, ElementType outputType = ElementType.Float32)
    : IDisposable
{
    private readonly List<NativeBuffer> _buffers = [];
    private readonly float[] _output = [.. result.Output];

    /// <summary>One row against float64.</summary>
    public RowError Row(int batch, int head, int row) => RowError.Of(problem.Plan, Tensors(), batch, head, row);

    /// <summary>All rows.</summary>
    public Core.Api.Verification All() => ResultCheck.Run(problem.Plan, Tensors(), int.MaxValue, threads: 1, CancellationToken.None);

    /// <summary>With another number at a place of O.</summary>
    public ResultUnderCheck With(int batch, int head, int row, int column, float number)
    {
        _output[problem.Shape.Output.RowOffset(batch, head, row) + column] = number;
        return this;
    }

    public void Dispose() => _buffers.ForEach(buffer => buffer.Dispose());

    private ResultTensors Tensors() => new(
        Rows(problem.Query, problem.Shape.Query), Rows(problem.Key, problem.Shape.Key), Rows(problem.Value, problem.Shape.Value),
        Rows(_output, problem.Shape.Output, outputType), Rows(result.Lse, problem.Shape.Output with { Width = 1 }));

    private TensorRows Rows(float[] numbers, TensorShape shape, ElementType type = ElementType.Float32)
    {
        var buffer = new NativeBuffer((long)numbers.Length * type.ByteSize());
        _buffers.Add(buffer);
        type.FromSingle(numbers, buffer.Slice(0, (int)buffer.ByteLength));
        return new TensorRows(new TensorBytes(new MemoryBytes("test", buffer), 0, buffer.ByteLength), type, shape);
    }
}
