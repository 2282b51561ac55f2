using System.Globalization;
using System.Runtime.ExceptionServices;

namespace AttentionCluster.Core.Tests.Fuzzing;

/// <summary>
/// Gives a reader one damaged input after another. Each must end in success or in a refusal of the documented kind, in time, and with
/// memory in proportion to the input; and all of them together must leave nothing behind.
/// </summary>
internal static class FuzzLoop
{
    /// <summary>Another seed than the usual one, which is the same in every run: a failure comes back by itself.</summary>
    private const string SeedVariable = "ATTN_FUZZ_SEED";

    /// <summary>
    /// Bytes of managed memory that a case may allocate for each byte of its input: texts of two bytes a character, and messages that quote
    /// them.
    /// </summary>
    private const int AllocatedBytesPerByte = 200;

    /// <summary>What may stay after a loop: caches of the runtime, filled late.</summary>
    private const long GrowthBytesMax = 4 << 20;

    /// <summary>Far longer than any case takes, even on a machine with other work.</summary>
    private static readonly TimeSpan s_caseLimit = TimeSpan.FromSeconds(30);

    /// <summary>The seed of this run.</summary>
    internal static int Seed { get; } =
        int.TryParse(Environment.GetEnvironmentVariable(SeedVariable), NumberStyles.None, CultureInfo.InvariantCulture, out int seed)
            ? seed : 1;

    /// <summary>What happens in a case, as a number that depends on nothing but the seed and the case.</summary>
    internal static Random RandomOf(int number) => new(unchecked((Seed * 1_000_003) + number));

    /// <summary>Runs a loop over damaged bytes.</summary>
    /// <param name="cases">How many.</param>
    /// <param name="sound">Inputs that are read without a word.</param>
    /// <param name="read">The reader.</param>
    /// <param name="isRefusal">Which exceptions are documented.</param>
    /// <param name="allocatedBytesMax">Managed memory of one case besides what its input accounts for.</param>
    internal static void Run(int cases, IReadOnlyList<byte[]> sound, Action<byte[]> read, Func<Exception, bool> isRefusal,
        long allocatedBytesMax)
    {
        foreach (byte[] input in sound)
            read([.. input]);
        Run(cases, random => new Mutator(random).Damage(sound), read, isRefusal, allocatedBytesMax);
    }

    /// <summary>Runs a loop over inputs of any kind.</summary>
    internal static void Run(int cases, Func<Random, byte[]> make, Action<byte[]> read, Func<Exception, bool> isRefusal,
        long allocatedBytesMax)
    {
        int number = 0;
        Exception? failure = null;
        long grown = 0;
        var thread = new Thread(() =>
        {
            try
            {
                int warm = cases / 4;
                RunCases(0, warm);
                long before = GC.GetTotalMemory(forceFullCollection: true);
                RunCases(warm, cases);
                grown = GC.GetTotalMemory(forceFullCollection: true) - before;
            }
            catch (Exception e)
            {
                failure = e;
            }
        })
        { IsBackground = true };
        thread.Start();
        WaitFor(thread, () => Volatile.Read(ref number));
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
        Assert.True(grown < GrowthBytesMax, $"{grown} bytes were left behind by {cases} cases of seed {Seed}");

        void RunCases(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                Volatile.Write(ref number, i);
                RunCase(i, make(RandomOf(i)), read, isRefusal, allocatedBytesMax);
            }
        }
    }

    private static void RunCase(int number, byte[] input, Action<byte[]> read, Func<Exception, bool> isRefusal, long allocatedBytesMax)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Exception? problem = Record.Exception(() => read(input));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (problem is not null && !isRefusal(problem))
            Assert.Fail($"{Describe(number, input)} ended in {problem}");
        long most = allocatedBytesMax + ((long)AllocatedBytesPerByte * input.Length);
        Assert.True(allocated <= most, $"{Describe(number, input)} took {allocated} bytes of memory; at most {most} were expected");
    }

    private static void WaitFor(Thread thread, Func<int> number)
    {
        int last = -1;
        while (!thread.Join(s_caseLimit))
        {
            int now = number();
            Assert.True(now != last, $"case {now} of seed {Seed} does not end");
            last = now;
        }
    }

    private static string Describe(int number, byte[] input) =>
        $"case {number} of seed {Seed} ({SeedVariable}={Seed} replays it), {input.Length} bytes, base64 "
            + $"{Convert.ToBase64String(input[..Math.Min(input.Length, 1_500)])},";
}
