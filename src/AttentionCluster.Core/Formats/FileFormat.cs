namespace AttentionCluster.Core.Formats;

/// <summary>How a tensor file lays out its tensors.</summary>
public enum FileFormat
{
    /// <summary>One array with a Python-literal header, as <c>numpy.save</c> writes it.</summary>
    Npy,

    /// <summary>A zip archive of npy members, as <c>numpy.savez</c> and <c>numpy.savez_compressed</c> write it.</summary>
    Npz,

    /// <summary>Named tensors behind a JSON header: https://github.com/huggingface/safetensors.</summary>
    Safetensors,
}
