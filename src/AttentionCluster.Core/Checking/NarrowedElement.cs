using System.Globalization;
using System.Runtime.InteropServices;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Checking;

/// <summary>
/// A finite number that the type to which it is narrowed can't hold: it becomes the type's largest, because an infinity would mean
/// something else.
/// </summary>
internal static class NarrowedElement
{
    private const int PieceBytes = 256 << 10;

    /// <summary>The first element of a float64 tensor beyond float32.</summary>
    /// <param name="tensor">Of any type; there is none in other types than float64.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="cancellationToken">Stops between pieces.</param>
    /// <returns>What is said of it; null when there is none.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="TensorFormatException">The file has become shorter.</exception>
    public static string? FirstBeyondFloat32(TensorEntry tensor, TensorBytes bytes, CancellationToken cancellationToken)
    {
        if (tensor.Type != ElementType.Float64)
            return null;
        byte[] piece = new byte[Math.Min(PieceBytes, bytes.ByteLength)];
        for (long done = 0; done < bytes.ByteLength; done += PieceBytes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Span<byte> some = piece.AsSpan(0, (int)Math.Min(PieceBytes, bytes.ByteLength - done));
            bytes.Read(done, some);
            ReadOnlySpan<double> numbers = MemoryMarshal.Cast<byte, double>(some);
            for (int i = 0; i < numbers.Length; i++)
            {
                if (float.IsInfinity((float)numbers[i]) && double.IsFinite(numbers[i]))
                    return string.Create(CultureInfo.InvariantCulture, $"{tensor.Name} has {numbers[i]} at "
                        + $"[{Place(tensor, (done / sizeof(double)) + i)}], beyond float32, in which everything is computed: it was taken "
                        + $"as {MathF.CopySign(float.MaxValue, (float)numbers[i])}, as are others like it");
            }
        }

        return null;
    }

    /// <summary>An element's indices, in the axes of its tensor.</summary>
    internal static string Place(TensorEntry tensor, long element)
    {
        string[] place = new string[tensor.Dimensions.Length];
        for (int axis = place.Length - 1; axis >= 0; axis--)
        {
            (element, long index) = Math.DivRem(element, tensor.Dimensions[axis]);
            place[axis] = index.ToString(CultureInfo.InvariantCulture);
        }

        return string.Join(',', place);
    }
}
