using System.Globalization;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Client.Submitting;

/// <summary>The options of a job as a query string: only those that are not the default.</summary>
internal static class OptionQuery
{
    /// <summary>Empty, or from the question mark on.</summary>
    public static string Build(AttentionOptions options)
    {
        var parts = new List<string>();
        void Add(bool isSet, FormattableString part)
        {
            if (isSet)
                parts.Add(part.ToString(CultureInfo.InvariantCulture));
        }

        var defaults = new AttentionOptions();
        Add(options.Causal, $"causal=true");
        Add(options.Align == CausalAlignment.TopLeft, $"align=top-left");
        Add(options.Offset is not null, $"offset={options.Offset}");
        Add(options.Window != defaults.Window, $"window={options.Window.Left},{options.Window.Right}");
        Add(options.Sinks != 0, $"sinks={options.Sinks}");
        Add(options.MaskBlock != defaults.MaskBlock, $"mask_block={options.MaskBlock.Rows},{options.MaskBlock.Keys}");
        Add(options.Output != OutputType.Float32, $"out_dtype={OptionText.Outputs.First(output => output.Meaning == options.Output).Word}");
        Add(options.RejectNonFinite, $"reject_nonfinite=true");
        Add(options.Softcap is not null, $"softcap={Uri.EscapeDataString(options.Softcap?.ToString("R", CultureInfo.InvariantCulture) ?? "")}");
        // The shortest text that gives the same double again.
        Add(options.Scale is not null, $"scale={Uri.EscapeDataString(options.Scale?.ToString("R", CultureInfo.InvariantCulture) ?? "")}");
        Add(options.VerifyRows != 0, $"verify={options.VerifyRows}");
        Add(options.KeysPerSegment is not null, $"keys_per_segment={options.KeysPerSegment}");
        Add(options.RowsPerBlock is not null, $"rows_per_block={options.RowsPerBlock}");
        Add(options.Kernel != KernelChoice.Auto, $"kernel={OptionText.Kernels.First(kernel => kernel.Meaning == options.Kernel).Word}");
        Add(!options.WithLse, $"no_lse=true");
        return parts.Count == 0 ? "" : "?" + string.Join('&', parts);
    }
}
