namespace AttentionCluster.Client;

/// <summary>
/// Gives part of a tensor's bytes. It is asked from the first byte to the last, and again from the first when the upload must be
/// repeated: the same question must have the same answer.
/// </summary>
/// <param name="byteOffset">Where in the tensor's data; a multiple of the element's size.</param>
/// <param name="destination">Takes as many bytes as it is long: whole elements, little endian, in C order.</param>
public delegate void TensorReader(long byteOffset, Span<byte> destination);
