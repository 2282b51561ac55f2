namespace AttentionCluster.Core.Masks;

/// <summary>
/// What the group of a KV head sees, and what its scores become, tile by tile: with the elements of mask tensors that are too large to be
/// held. One thread.
/// </summary>
internal sealed class MaskCursor
{
    private readonly TaskMask _mask;
    private readonly ScoreModifier _bias;
    private readonly MaskReader? _elements;
    private readonly MaskReader? _blocks;
    private readonly (int Rows, int Keys) _blockSides;

    /// <summary>For one KV head.</summary>
    /// <param name="rules">The job's mask.</param>
    /// <param name="batch">The batch entry.</param>
    /// <param name="kvHead">The KV head.</param>
    /// <param name="windowBytes">Bytes of a large mask that are read at a time.</param>
    internal MaskCursor(JobMask rules, int batch, int kvHead, int windowBytes)
    {
        (_mask, _bias, _blockSides) = (rules.Of(batch, kvHead), rules.BiasOf(batch, kvHead), rules.MaskBlock);
        AuxiliaryTensors? tensors = rules.Tensors;
        _elements = tensors?.ReaderOfMask(batch, kvHead, windowBytes);
        _blocks = tensors?.ReaderOfBlocks(batch, kvHead, windowBytes);
        Adds = _bias.Adds || (_elements is not null && tensors!.Layout.Mask!.Type != Tensors.ElementType.Boolean);
    }

    /// <summary>Whether something is added to scores.</summary>
    internal bool Adds { get; }

    /// <summary>What some rows of a head see of some keys; good until the next call.</summary>
    /// <param name="head">The query head, within its group.</param>
    /// <param name="row">The first row.</param>
    /// <param name="rows">How many; at least 1.</param>
    /// <param name="key">The first key.</param>
    /// <param name="keys">How many; at least 1.</param>
    /// <exception cref="Formats.TensorFormatException">The file has become shorter since it was opened.</exception>
    internal TaskMask MaskOf(int head, int row, int rows, int key, int keys)
    {
        TaskMask mask = _mask;
        if (_elements is not null)
            mask = mask with { Elements = _elements.At(head, row, rows, key, keys) };
        if (_blocks is not null)
        {
            (int blockRow, int blockKey) = (row / _blockSides.Rows, key / _blockSides.Keys);
            int blockRows = ((row + rows - 1) / _blockSides.Rows) - blockRow + 1, blockKeys =
                ((key + keys - 1) / _blockSides.Keys) - blockKey + 1;
            mask = mask with
            {
                Blocks = new BlockElements(_blocks.At(head, blockRow, blockRows, blockKey, blockKeys), _blockSides.Rows,
                _blockSides.Keys, 0, 0)
            };
        }

        return mask;
    }

    /// <summary>What becomes of the score of one row and key.</summary>
    /// <inheritdoc cref="MaskOf"/>
    internal ScoreModifier BiasOf(int head, int row, int key) =>
        _elements is null ? _bias : _bias with { Elements = _elements.At(head, row, 1, key, 1) };
}
