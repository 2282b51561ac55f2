namespace AttentionCluster.Server.Tests.Hosting;

/// <summary>A type that shows when something builds it from a message.</summary>
public sealed class Gadget
{
    private static int s_built;
    private string _text = "";

    /// <summary>How often its text was set.</summary>
    public static int Built => s_built;

    /// <summary>What a message may say of it.</summary>
    public string Text
    {
        get => _text;
        set
        {
            _text = value;
            Interlocked.Increment(ref s_built);
        }
    }
}
