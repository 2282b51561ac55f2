using AttentionCluster.Core.Formats;

namespace AttentionCluster.Core.Checking;

/// <summary>A job's inputs and its result.</summary>
/// <param name="Query"><c>Q [B, Hq, Nq, Dk]</c>.</param>
/// <param name="Key"><c>K [B, Hkv, Nk, Dk]</c>.</param>
/// <param name="Value"><c>V [B, Hkv, Nk, Dv]</c>.</param>
/// <param name="Output"><c>O [B, Hq, Nq, Dv]</c>.</param>
/// <param name="Lse">The log-sum-exp as <c>[B, Hq, Nq, 1]</c>; null when it was not kept.</param>
internal sealed record ResultTensors(TensorRows Query, TensorRows Key, TensorRows Value, TensorRows Output, TensorRows? Lse);
