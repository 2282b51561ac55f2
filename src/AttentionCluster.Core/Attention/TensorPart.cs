namespace AttentionCluster.Core.Attention;

/// <summary>The part of a tensor that a task pulls.</summary>
/// <param name="Heads">Heads that differ, each with its own rows.</param>
/// <param name="FirstRow">The first row.</param>
/// <param name="Rows">How many.</param>
/// <param name="FirstByte">The first byte of each row.</param>
/// <param name="ByteCount">Bytes of each row; 0 for whole rows.</param>
internal readonly record struct TensorPart(int Heads, int FirstRow, int Rows, int FirstByte, int ByteCount);
