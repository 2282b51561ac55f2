using System.Collections.Immutable;

namespace AttentionCluster.Core.Formats;

/// <summary>A safetensors file before its data is there.</summary>
/// <param name="Header">The bytes from the file's start to the first tensor's data.</param>
/// <param name="Entries">Where each tensor goes, in the order they were given.</param>
/// <param name="FileLength">Bytes of the whole file.</param>
internal sealed record SafetensorsLayout(byte[] Header, ImmutableArray<TensorEntry> Entries, long FileLength);
