using Xunit.Abstractions;

namespace AttentionCluster.OtherProcessors;

/// <summary>Counts tests, and prints what went wrong, and how long each class took.</summary>
internal sealed class ResultSink : IMessageSink
{
    private int _passed, _failed, _skipped;

    /// <summary>Set when all have ended.</summary>
    public ManualResetEvent Finished { get; } = new(false);

    /// <summary>Whether some test passed and none failed.</summary>
    public bool IsGood => _failed == 0 && _passed > 0;

    /// <summary>The last line.</summary>
    public string Sum => $"{_passed} passed, {_failed} failed, {_skipped} skipped";

    /// <inheritdoc/>
    public bool OnMessage(IMessageSinkMessage message)
    {
        switch (message)
        {
            case ITestPassed:
                _passed++;
                break;
            case ITestSkipped:
                _skipped++;
                break;
            case ITestFailed failed:
                _failed++;
                Console.WriteLine($"FAILED: {failed.Test.DisplayName}\n{string.Join('\n', failed.Messages)}\n{string.Join('\n', failed.StackTraces)}");
                break;
            case IErrorMessage error:
                _failed++;
                Console.WriteLine($"FAILED: {string.Join('\n', error.Messages)}");
                break;
            case ITestClassFinished finished:
                Console.WriteLine($"{finished.TestClass.Class.Name}: {finished.TestsRun} tests, {finished.ExecutionTime:0.0} s");
                break;
            case ITestAssemblyFinished:
                Finished.Set();
                break;
            default:
                break;
        }

        return true;
    }
}
