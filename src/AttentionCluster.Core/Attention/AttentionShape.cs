using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Attention;

/// <summary>
/// The integers of one attention job: <c>Q [B, Hq, Nq, Dk]</c>, <c>K [B, Hkv, Nk, Dk]</c>, <c>V [B, Hkv, Nk, Dv]</c>,
/// <c>O [B, Hq, Nq, Dv]</c>. Query head <c>h</c> reads KV head <c>h / GroupSize</c>.
/// </summary>
public sealed record AttentionShape
{
    /// <summary>
    /// The widest <c>Dk</c> and <c>Dv</c>: absorbed multi-head latent attention has keys of 512 latent and 64 rotary columns.
    /// </summary>
    public const int WidthMax = 576;

    private AttentionShape(TensorShape query, TensorShape key, TensorShape value) =>
        (Query, Key, Value) = (query, key, value);

    /// <summary>Shape of Q.</summary>
    public TensorShape Query { get; }

    /// <summary>Shape of K.</summary>
    public TensorShape Key { get; }

    /// <summary>Shape of V.</summary>
    public TensorShape Value { get; }

    /// <summary>Shape of O, in the rank of Q.</summary>
    public TensorShape Output => Query with { Width = Value.Width };

    /// <summary>Axes of the log-sum-exp: those of Q without the width.</summary>
    public int[] LseDimensions => Query.ToDimensions()[..^1];

    /// <summary>Sequences that are computed side by side.</summary>
    public int Batch => Query.Batch;

    /// <summary>Heads of K and V.</summary>
    public int KvHeads => Key.Heads;

    /// <summary>Query heads that read the same KV head: 1 for multi-head, <c>Hq</c> for multi-query attention.</summary>
    public int GroupSize => Query.Heads / Key.Heads;

    /// <summary>Query rows of a head.</summary>
    public int QueryRows => Query.Rows;

    /// <summary>Keys of a head.</summary>
    public int Keys => Key.Rows;

    /// <summary><c>Dk</c>.</summary>
    public int KeyWidth => Key.Width;

    /// <summary><c>Dv</c>.</summary>
    public int ValueWidth => Value.Width;

    /// <summary>Checks that the three shapes fit together.</summary>
    /// <returns>The job's shape, or null with the reason.</returns>
    public static AttentionShape? Create(TensorShape query, TensorShape key, TensorShape value, out Refusal? refusal)
    {
        string? problem =
            query.Batch != key.Batch ? $"q {query} and k {key} have different batch sizes ({query.Batch} and {key.Batch})" :
            key.Batch != value.Batch ? $"k {key} and v {value} have different batch sizes ({key.Batch} and {value.Batch})" :
            query.Width != key.Width ? $"q {query} and k {key} have different widths ({query.Width} and {key.Width})" :
            key.Rows != value.Rows ? $"k {key} and v {value} have different numbers of rows ({key.Rows} and {value.Rows})" :
            key.Heads != value.Heads ? $"k {key} and v {value} have different numbers of heads ({key.Heads} and {value.Heads})" :
            query.Heads % key.Heads != 0 ? $"q {query} has {query.Heads} heads, which the {key.Heads} heads of k {key} don't divide" :
            key.Width > WidthMax ? $"q {query} and k {key} are wider than {WidthMax}" :
            value.Width > WidthMax ? $"v {value} is wider than {WidthMax}" :
            null;
        refusal = problem is null ? null : new Refusal(ErrorCode.ShapesDoNotFit, problem);
        return problem is null ? new AttentionShape(query, key, value) : null;
    }
}
