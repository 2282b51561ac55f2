using System.Globalization;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Core.Tests.Attention;

namespace AttentionCluster.Core.Tests.Kernels;

/// <summary>
/// A random job with any of the options and tensors that there are, and what DESIGN section 4 says of it, written down a second time.
/// </summary>
internal sealed class OptionCombination : IDisposable
{
    private readonly Dictionary<string, (ElementType Type, int[] Axes, double[] Numbers)> _tensors = [];
    private readonly Dictionary<(int Batch, int Row), long> _positions = [];

    /// <summary>Powers of two that Q, K and V were multiplied by, the first two of which the scale takes back.</summary>
    private (int Query, int Key, int Value) _powers;

    private OptionCombination(AttentionProblem problem) => Problem = problem;

    public AttentionProblem Problem { get; private set; }

    private AttentionOptions Options => Problem.Case.Options;

    private AttentionShape Shape => Problem.Shape;

    public static OptionCombination Random(int seed)
    {
        var random = new Random(seed);
        bool isLong = random.Next(16) == 0;
        int queries = isLong ? random.Next(1, 400) : random.Next(1, 40), keys = isLong ? random.Next(400, 1400) : random.Next(1, 90);
        int kvHeads = random.Next(1, 3), group = isLong ? Pick(random, 1, 3) : Pick(random, 1, 1, 2, 3, 7);
        bool hasCap = Sometimes(random, 4);
        var one = new AttentionCase(queries, keys, Pick(random, 1, 4, 16, 33, 64), Pick(random, 1, 8, 17, 64))
        {
            Batch = isLong ? random.Next(1, 3) : random.Next(1, 4),
            QueryHeads = kvHeads * group,
            KvHeads = kvHeads,
            QueryMax = Pick(random, 1f, 4f, 20f),
            Options = new AttentionOptions
            {
                Causal = Sometimes(random, 2),
                Align = Sometimes(random, 3) ? CausalAlignment.TopLeft : CausalAlignment.BottomRight,
                Offset = Sometimes(random, 6) ? random.Next(-queries, keys) : null,
                Window = Sometimes(random, 3) ? (random.Next(-1, keys), random.Next(-1, keys)) : (-1, -1),
                Sinks = Sometimes(random, 3) ? random.Next(0, keys + 3) : 0,
                Softcap = hasCap ? Pick(random, 0.5, 5, 30) : null,
                Scale = Sometimes(random, 4) ? Pick(random, -0.7, 0, 0.05, 1.5) : null,
                KeysPerSegment = Pick(random, 7, 64, 130, 600, 4096),
                RowsPerBlock = Pick(random, 1, 5, 64, 300),
                MaskBlock = (random.Next(1, 40), random.Next(1, 40)),
            },
        };
        var combination = new OptionCombination(AttentionProblem.Random(one, seed));
        combination.LeaveFloat32(new Random(seed + 1_000_003));
        combination.AddTensors(random);
        return combination;
    }

    /// <summary>A job with these tensors beside Q, K and V.</summary>
    public static OptionCombination Of(AttentionProblem problem,
        params (string Name, ElementType Type, int[] Axes, double[] Numbers)[] tensors)
    {
        var combination = new OptionCombination(problem);
        foreach ((string name, ElementType type, int[] axes, double[] numbers) in tensors)
            combination._tensors.Add(name, (type, axes, numbers));
        combination.OpenTensors();
        return combination;
    }

    /// <summary>Whether a query row sees a key.</summary>
    public bool Sees(int batch, int head, int row, int key)
    {
        long length = LengthOf(batch), position = PositionOf(batch, row);
        (long left, long right) = Options.Window;
        bool isInWindow = (left == -1 || position - left <= key) && (right == -1 || key <= position + right);
        return key < length
            && (!Options.Causal || key <= position)
            && (isInWindow || key < Options.Sinks)
            && (!_tensors.ContainsKey("q_documents") || At("q_documents", batch, row) == At("k_documents", batch, key))
            && (!_tensors.ContainsKey("q_document_lengths")
                || DocumentAt("q_document_lengths", batch, row) == DocumentAt("k_document_lengths", batch, key))
            && (!_tensors.TryGetValue("mask", out (ElementType Type, int[] Axes, double[] Numbers) mask)
                || (mask.Type == ElementType.Boolean ? At("mask", batch, head, row, key) != 0
                    : !double.IsNegativeInfinity(At("mask", batch, head, row, key))))
            && (!_tensors.ContainsKey("block_mask")
                || At("block_mask", batch, head, row / Options.MaskBlock.Rows, key / Options.MaskBlock.Keys) != 0);
    }

    /// <summary>What is added to the score of a visible key.</summary>
    public double BiasOf(int batch, int head, int row, int key) => ElementOf(batch, head, row, key) + AlibiOf(batch, head, row, key);

    /// <summary>A float64 that is finite stays finite as float32.</summary>
    private double ElementOf(int batch, int head, int row, int key) =>
        _tensors.TryGetValue("mask", out (ElementType Type, int[] Axes, double[] Numbers) mask) && mask.Type != ElementType.Boolean
            ? Math.Clamp(At("mask", batch, head, row, key), float.MinValue, float.MaxValue) : 0;

    private double AlibiOf(int batch, int head, int row, int key) =>
        _tensors.ContainsKey("alibi_slopes") ? -At("alibi_slopes", head) * Math.Abs(PositionOf(batch, row) - key) : 0;

    /// <summary>Whether there is a tensor of this name beside Q, K and V.</summary>
    public bool Has(string tensor) => _tensors.ContainsKey(tensor);

    /// <summary>O and log-sum-exp of a row, in the arithmetic of <typeparamref name="T"/>: the textbook's two passes.</summary>
    public (T[] Output, T Lse) Row<T>(int batch, int head, int row)
        where T : System.Numerics.IFloatingPointIeee754<T>
    {
        (T[] output, T lse, double constant) = RowBesideConstant<T>(batch, head, row);
        return (output, T.IsNegativeInfinity(lse) ? lse : lse + T.CreateTruncating(constant));
    }

    /// <summary>
    /// The same with the log-sum-exp less the largest of what is added to the row's scores: a constant that changes no weight.
    /// </summary>
    public (T[] Output, T Lse, double Constant) RowBesideConstant<T>(int batch, int head, int row)
        where T : System.Numerics.IFloatingPointIeee754<T>
    {
        T Of(double number) => T.CreateTruncating(number);
        int kvHead = head / Shape.GroupSize;
        T scale = Of(Math.ScaleB(Options.Scale ?? (1 / Math.Sqrt(Shape.KeyWidth)), _powers.Query + _powers.Key));
        int[] keys = [.. Enumerable.Range(0, Shape.Keys).Where(key => Sees(batch, head, row, key))];

        // In two parts: beside the lowest number of a mask, even float64 loses the other.
        double[] elements = Array.ConvertAll(keys, key => ElementOf(batch, head, row, key)), alibi =
            Array.ConvertAll(keys, key => AlibiOf(batch, head, row, key));
        double constantElement = elements.DefaultIfEmpty(0).Max(), constantAlibi =
            keys.Length == 0 ? 0 : Enumerable.Range(0, keys.Length).Where(i => elements[i] == constantElement).Max(i => alibi[i]);
        double constant = constantElement + constantAlibi;
        var scores = new T[keys.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            T dot = T.Zero;
            ReadOnlySpan<float> q = Problem.QueryRow(batch, head, row), k = Problem.KeyRow(batch, kvHead, keys[i]);
            for (int d = 0; d < q.Length; d++)
                dot += Of(Math.ScaleB(q[d], -_powers.Query)) * Of(Math.ScaleB(k[d], -_powers.Key));
            T score = scale * dot;
            if (Options.Softcap is { } cap)
                score = Of(cap) * T.Tanh(score / Of(cap));
            scores[i] = score + Of(elements[i] - constantElement + (alibi[i] - constantAlibi));
        }

        T? sink = _tensors.ContainsKey("sink_logits") ? Of(At("sink_logits", head) - constant) : T.NegativeInfinity;
        T max = scores.Append(sink).Max()!;
        var output = new T[Shape.ValueWidth];
        if (max == T.NegativeInfinity)
            return (output, max, constant);
        T sum = sink == T.NegativeInfinity ? T.Zero : T.Exp(sink - max);
        for (int i = 0; i < keys.Length; i++)
        {
            T weight = T.Exp(scores[i] - max);
            sum += weight;
            ReadOnlySpan<float> v = Problem.ValueRow(batch, kvHead, keys[i]);
            for (int d = 0; d < output.Length; d++)
                output[d] += weight * Of(Math.ScaleB(v[d], -_powers.Value));
        }

        return ([.. output.Select(element => T.ScaleB(element / sum, _powers.Value))], max + T.Log(sum), constant);
    }

    public void Dispose() => Problem.Auxiliary?.Dispose();

    public override string ToString() =>
        $"{Problem.Case} {Options} {string.Join("; ", _tensors.Select(tensor => string.Create(CultureInfo.InvariantCulture, $"{tensor.Key} {tensor.Value.Type} [{string.Join(",", tensor.Value.Axes)}]")))}";

    private long LengthOf(int batch) => _tensors.ContainsKey("kv_lengths") ? (long)At("kv_lengths", batch) : Shape.Keys;

    private long PositionOf(int batch, int row)
    {
        bool isBottomRight = Options.Offset is null && Options.Align == CausalAlignment.BottomRight;
        if (!isBottomRight || !(_tensors.ContainsKey("q_documents") || _tensors.ContainsKey("q_document_lengths")))
            return row + (Options.Offset ?? (isBottomRight ? LengthOf(batch) - Shape.QueryRows : 0));
        if (!_positions.TryGetValue((batch, row), out long position))
            _positions.Add((batch, row), position = PositionInDocument(batch, row));
        return position;
    }

    /// <summary>Row i of a document with r rows and n keys stands at position i + n - r among that document's keys.</summary>
    private long PositionInDocument(int batch, int row)
    {
        double DocumentOf(string side, int at) =>
            _tensors.ContainsKey(side + "_documents") ? At(side + "_documents", batch, at)
                : DocumentAt(side + "_document_lengths", batch, at);
        double document = DocumentOf("q", row);
        int[] rows = [.. Enumerable.Range(0, Shape.QueryRows).Where(at => DocumentOf("q", at) == document)];
        int[] keys = [.. Enumerable.Range(0, (int)LengthOf(batch)).Where(at => DocumentOf("k", at) == document)];
        return keys.Length == 0 ? row : keys[0] + Array.IndexOf(rows, row) + keys.Length - rows.Length;
    }

    /// <summary>Some jobs have elements whose products, or sums, leave float32, though neither scores nor results do.</summary>
    private void LeaveFloat32(Random random)
    {
        _powers = random.Next(60) switch
        {
            0 => (70, 70, 0),
            1 => (-75, -75, 0),
            2 => (0, 0, 126),
            3 => (100, 60, 120),
            _ => default,
        };
        if (_powers == default)
            return;
        double scale = Math.ScaleB(Options.Scale ?? (1 / Math.Sqrt(Shape.KeyWidth)), -_powers.Query - _powers.Key);
        float[] Scaled(float[] numbers, int power) => [.. numbers.Select(number => MathF.ScaleB(number, power))];
        Problem = (Problem with
        {
            Query = Scaled(Problem.Query, _powers.Query),
            Key = Scaled(Problem.Key, _powers.Key),
            Value = Scaled(Problem.Value, _powers.Value)
        })
            .With(options => options with { Scale = scale });
    }

    /// <summary>A constant on each row of a mask, which changes no weight, however large; or the lowest float64 here and there.</summary>
    private void AddConstants(Random random)
    {
        (ElementType type, int[] axes, double[] numbers) = _tensors["mask"];
        double[] constants =
            type == ElementType.Float64 && random.Next(2) == 0 ? [double.MinValue, -1e9, 0, 1e30] : [-1e9, 1e6, 0, float.MinValue, -3e4];
        int width = axes[^1];
        for (int i = 0; i < numbers.Length; i++)
        {
            double sum = numbers[i] + constants[i / width % constants.Length];
            numbers[i] = Math.Abs(sum) > float.MaxValue ? sum : (float)sum;
        }
    }

    private void AddTensors(Random random)
    {
        int batch = Shape.Batch, heads = Shape.Query.Heads, rows = Shape.QueryRows, keys = Shape.Keys;
        if (Sometimes(random, 4))
            Add(random, "mask", ElementType.Boolean, Broadcast(random, batch, heads, rows, keys), () => random.Next(3) == 0 ? 0 : 1);
        else if (Sometimes(random, 4))
        {
            ElementType type = Pick(random, ElementType.Float32, ElementType.Float16, ElementType.BFloat16, ElementType.Float64);
            Add(random, "mask", type, Broadcast(random, batch, heads, rows, keys), () => random.Next(3) == 0 ? double.NegativeInfinity
                : random.Next(-64, 64) / 16.0);
        }

        if (_tensors.TryGetValue("mask", out (ElementType Type, int[] Axes, double[] Numbers) mask) && mask.Type is ElementType.Float32
            or ElementType.Float64 && Sometimes(random, 3))
            AddConstants(random);

        if (Sometimes(random, 5))
        {
            (int blockRows, int blockKeys) = Options.MaskBlock;
            Add(random, "block_mask", ElementType.Boolean,
                Broadcast(random, batch, heads, ((rows - 1) / blockRows) + 1, ((keys - 1) / blockKeys) + 1), () => random.Next(2));
        }

        if (Sometimes(random, 10))
            AddLengths(random);
        else if (Sometimes(random, 5))
        {
            int documents = random.Next(1, 6);
            bool isPacked = Sometimes(random, 2);
            Add(random, "q_documents", ElementType.Int64, [batch, rows], () => random.Next(documents));
            Add(random, "k_documents", ElementType.Int32, [batch, keys], () => random.Next(documents));
            if (isPacked)
            {
                Sort(_tensors["q_documents"].Numbers, rows);
                Sort(_tensors["k_documents"].Numbers, keys);
            }
            else
            {
                // Where documents are no runs, bottom-right has no meaning.
                Problem = Problem.With(options => options with { Align = CausalAlignment.TopLeft });
            }
        }

        if (Sometimes(random, 5))
            Add(random, "kv_lengths", ElementType.Int64, [batch], () => random.Next(keys + 1));
        if (Sometimes(random, 5))
            Add(random, "alibi_slopes", ElementType.Float32, [heads], () => random.Next(0, 64) / 64.0);
        if (Sometimes(random, 5))
            Add(random, "sink_logits", ElementType.Float32, [heads], () => random.Next(-32, 32) / 8.0);
        OpenTensors();
    }

    /// <summary>Some documents have no rows, or no keys.</summary>
    private void AddLengths(Random random)
    {
        int documents = random.Next(1, Math.Min(6, Math.Max(Shape.QueryRows, Shape.Keys)) + 1);
        foreach ((string name, int total) in (ReadOnlySpan<(string, int)>)[("q_document_lengths", Shape.QueryRows),
            ("k_document_lengths", Shape.Keys)])
        {
            int batch = Sometimes(random, 2) ? 1 : Shape.Batch;
            var lengths = new List<double>();
            for (int i = 0; i < batch; i++)
            {
                int[] ends = [.. Enumerable.Range(1, documents - 1).Select(_ => random.Next(total + 1)).Order(), total];
                lengths.AddRange(ends.Select((end, document) => (double)(end - (document == 0 ? 0 : ends[document - 1]))));
            }

            _tensors.Add(name, (Sometimes(random, 2) ? ElementType.Int32 : ElementType.Int64, batch == 1 && Sometimes(random, 2)
                ? [documents] : [batch, documents], [.. lengths]));
        }
    }

    private void OpenTensors()
    {
        if (_tensors.Count > 0)
        {
            Problem = Problem with
            {
                Auxiliary = AuxiliaryProblem.Of(Shape, Options,
                    [.. _tensors.Select(tensor => (tensor.Key, tensor.Value.Type, tensor.Value.Axes, tensor.Value.Numbers))]),
            };
        }
    }

    private void Add(Random random, string name, ElementType type, int[] axes, Func<double> number) =>
        _tensors.Add(name, (type, axes, [.. Enumerable.Range(0, axes.Aggregate(1, (all, axis) => all * axis)).Select(_ => number())]));

    /// <summary>In which document a position is, of those whose lengths are given.</summary>
    private int DocumentAt(string name, int batch, int position)
    {
        int document = 0;
        for (double end = At(name, batch, 0); end <= position; document++)
            end += At(name, batch, document + 1);
        return document;
    }

    private double At(string name, params int[] index)
    {
        (_, int[] axes, double[] numbers) = _tensors[name];
        long at = 0;
        for (int i = 0; i < axes.Length; i++)
            at = (at * axes[i]) + (axes[i] == 1 ? 0 : index[index.Length - axes.Length + i]);
        return numbers[at];
    }

    private static int[] Broadcast(Random random, params int[] axes)
    {
        int[] some = [.. axes.Select(axis => Sometimes(random, 4) ? 1 : axis)];
        return some[random.Next(0, some[0] == 1 ? (some[1] == 1 ? 3 : 2) : 1)..];
    }

    private static void Sort(double[] numbers, int length)
    {
        for (int first = 0; first < numbers.Length; first += length)
            Array.Sort(numbers, first, length);
    }

    private static bool Sometimes(Random random, int one) => random.Next(one) == 0;

    private static T Pick<T>(Random random, params T[] choices) => choices[random.Next(choices.Length)];
}
