namespace AttentionCluster.Client.Transport;

/// <summary>
/// A tensor's own reader failed while the tensor was being sent. It wraps the cause so that HTTP does not take a file's
/// <see cref="IOException"/> for a broken connection, which would be tried again.
/// </summary>
internal sealed class TensorReadException(Exception cause) : Exception(cause.Message, cause);
