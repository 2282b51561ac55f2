using System.IO.Compression;
using AttentionCluster.Core.Formats;
using static AttentionCluster.Core.Tests.Formats.NpyBytes;

namespace AttentionCluster.Core.Tests.Formats;

/// <summary>Arrays as Fortran, Julia and transposed NumPy arrays have them: read as NumPy reads them, alone and in archives.</summary>
public class FortranOrderTests
{
    [Theory]
    [InlineData("<f4", 4, 3, 5)]
    [InlineData("<f8", 8, 5, 17)]
    [InlineData("<f2", 2, 3, 70)]
    [InlineData("|b1", 1, 2, 130)]
    [InlineData("<f4", 4, 2, 3, 4, 5)]
    [InlineData("<f4", 4, 2, 1, 33, 16)]
    [InlineData("<i8", 8, 1, 7)]
    [InlineData("<f4", 4, 7, 1, 1)]
    [InlineData("<f4", 4, 5)]
    public void Every_element_is_where_NumPy_has_it(string descr, int size, params int[] shape)
    {
        int count = shape.Aggregate((product, axis) => product * axis);
        byte[] written = new byte[count * size], wanted = new byte[count * size];
        for (int element = 0; element < count; element++)
        {
            // The element of an index in C order, and where Fortran has the same index.
            int rest = element, fortran = 0;
            for (int axis = shape.Length - 1; axis >= 0; rest /= shape[axis--])
                fortran += rest % shape[axis] * shape[..axis].Aggregate(1, (product, below) => product * below);
            byte[] number = BitConverter.GetBytes((long)element + 1)[..size];
            number.CopyTo(wanted, element * size);
            number.CopyTo(written, fortran * size);
        }

        byte[] npy = [.. Of($"{{'descr': '{descr}', 'fortran_order': True, 'shape': ({string.Join(", ", shape)},)}}", 0), .. written];
        foreach (byte[] bytes in (byte[][])[npy, NpzBytes.Of(CompressionLevel.Fastest, ("x.npy", npy), ("y.npy", npy))])
        {
            using TemporaryFile file = new(bytes, "x.npy");
            using TensorFile opened = TensorFile.Open(file.Path);
            TensorEntry entry = opened.Find("x")!;
            byte[] read = new byte[wanted.Length];
            opened.Read(entry, 0, read);
            Assert.Equal(wanted, read);
            opened.Read(entry, size, read.AsSpan(size));
            Assert.Equal(wanted, read);
            Assert.Equal(shape.Select(axis => (long)axis), entry.Dimensions.AsEnumerable());
        }
    }

    [Fact]
    public void One_that_is_larger_than_memory_may_be_is_refused_with_what_to_do()
    {
        using TemporaryFile file = new(Of(TwoByThree.Replace("False", "True", StringComparison.Ordinal), 24));
        string words = Assert.Throws<TensorFormatException>(() => TensorFile.Open(file.Path, archiveBytesMax: 23)).Message;
        Assert.Contains("24 bytes in Fortran order", words, StringComparison.Ordinal);
        Assert.Contains("ascontiguousarray", words, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shorter_file_is_refused() =>
        Refused.Because(Of(TwoByThree.Replace("False", "True", StringComparison.Ordinal), 23), 69 + 23, "the end of the file",
            "1 more bytes");
}
