using System.Buffers;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Store;

/// <summary>
/// The result of a job while its rows are being written: a safetensors file with <c>o</c> and, when asked for, <c>lse</c>. Disposed
/// before <see cref="Complete"/>, it deletes itself, unless its job goes on in another process.
/// </summary>
internal sealed class ResultFile : IDisposable
{
    private readonly AttentionPlan _plan;
    private readonly ResultHeader _header;
    private readonly bool _isDurable;
    private readonly bool _isKept;
    private readonly PreallocatedFile _file;
    private readonly SafetensorsLayout _layout;
    private readonly TensorEntry _output;
    private readonly TensorEntry? _lse;
    private bool _completed;

    private ResultFile(string path, AttentionPlan plan, ResultHeader header, PreallocatedFile file, bool isDurable, bool isKept)
    {
        (Path, _plan, _header, _file, _isDurable, _isKept) = (path, plan, header, file, isDurable, isKept);
        _layout = header.WithoutHashes;
        _output = _layout.Entries.First(entry => entry.Name == "o");
        _lse = _layout.Entries.FirstOrDefault(entry => entry.Name == "lse");
        try
        {
            _file.Write(0, _layout.Header);
        }
        catch
        {
            // What is left would be in the way of the next attempt.
            _file.Dispose();
            if (!_isKept)
                File.Delete(path);
            throw;
        }
    }

    /// <summary>A new one: room for every row is taken at once.</summary>
    /// <param name="path">Where.</param>
    /// <param name="plan">The job's.</param>
    /// <param name="isDurable">Whether it must survive a crash once it is complete.</param>
    /// <param name="isKept">Whether it stays where it is before that.</param>
    /// <exception cref="IOException">The file exists, or the disk has no room.</exception>
    internal static ResultFile Create(string path, AttentionPlan plan, bool isDurable, bool isKept = false) =>
        new(path, plan, ResultHeader.Of(plan), new PreallocatedFile(path, ByteLengthOf(plan)), isDurable, isKept);

    /// <summary>One that another process has begun, or even completed.</summary>
    /// <param name="path">Where.</param>
    /// <param name="plan">The job's.</param>
    /// <param name="begunOptions">The options that its journal has: an earlier release has written them, and nothing of the bits, in the
    /// header.</param>
    /// <returns>Null when there is none of this plan in its full length.</returns>
    /// <exception cref="IOException">The disk fails.</exception>
    internal static ResultFile? Reopen(string path, AttentionPlan plan, string begunOptions)
    {
        if (!File.Exists(path))
            return null;
        PreallocatedFile file = PreallocatedFile.Reopen(path);
        try
        {
            if (((ResultHeader[])[ResultHeader.Of(plan), ResultHeader.OfEarlier(plan, begunOptions)])
                .FirstOrDefault(header => header.IsOf(file)) is { } found)
                return new ResultFile(path, plan, found, file, isDurable: true, isKept: true);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        file.Dispose();
        return null;
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Bytes of the file for a plan.</summary>
    public static long ByteLengthOf(AttentionPlan plan) => ResultHeader.Of(plan).WithoutHashes.FileLength;

    /// <summary>Writes consecutive rows of one head, rounded to the type of the output. Any thread, any order.</summary>
    /// <param name="batch">The batch entry.</param>
    /// <param name="head">The query head.</param>
    /// <param name="firstRow">The first row.</param>
    /// <param name="output"><c>[rows, Dv]</c>.</param>
    /// <param name="lse">One float a row; not written when the job keeps none.</param>
    public void WriteRows(int batch, int head, int firstRow, ReadOnlySpan<float> output, ReadOnlySpan<float> lse)
    {
        TensorShape shape = _plan.Shape.Output;
        WriteOutput(_output.ByteOffset + (_output.Type.ByteSize() * shape.RowOffset(batch, head, firstRow)), output);
        if (_lse is not null)
        {
            long row = (shape with { Width = 1 }).RowOffset(batch, head, firstRow);
            _file.Write(_lse.ByteOffset + (sizeof(float) * row), lse);
        }
    }

    /// <summary>Returns when the rows that have been written are on the disk.</summary>
    /// <exception cref="IOException">The disk fails.</exception>
    internal void Flush() => _file.Flush();

    /// <summary>
    /// Hashes the tensors, records the hashes in the file, and returns when it is on the disk, unless the store was told that it need not
    /// be.
    /// </summary>
    /// <returns>SHA-256 of O and of the log-sum-exp in lower-case hexadecimal; the second is null when the job keeps none.</returns>
    public (string Output, string? Lse) Complete(CancellationToken cancellationToken)
    {
        string output;
        string? lse;
        using (TensorFile written = TensorFile.Open(Path))
        {
            output = TensorDigest.Sha256(written, written.Require("o"), cancellationToken);
            lse = _plan.Options.WithLse ? TensorDigest.Sha256(written, written.Require("lse"), cancellationToken) : null;
        }

        _file.Write(0, _header.With(output, lse).Header);
        if (_isDurable)
            _file.Flush();
        _completed = true;
        return (output, lse);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        if (!_completed && !_isKept)
            File.Delete(Path);
    }

    private void WriteOutput(long offset, ReadOnlySpan<float> output)
    {
        if (_output.Type == ElementType.Float32)
        {
            _file.Write(offset, output);
            return;
        }

        int length = output.Length * _output.Type.ByteSize();
        byte[] rounded = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            _output.Type.FromSingle(output, rounded.AsSpan(0, length));
            _file.Write(offset, rounded.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rounded);
        }
    }
}
