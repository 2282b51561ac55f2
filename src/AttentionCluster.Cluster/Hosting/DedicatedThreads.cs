using System.Diagnostics.CodeAnalysis;
using Akka.Configuration;
using Akka.Dispatch;

namespace AttentionCluster.Cluster.Hosting;

/// <summary>
/// An executor for Akka with two threads of its own that sleep while there is nothing to do. Those of Akka's fork-join executor yield in a
/// loop before they sleep: with a heartbeat here and a timer there, that was most of what an idle node took, and a node that computes
/// loses it from its kernel. Nothing that runs here may wait for something else that it has sent to run here.
/// </summary>
/// <remarks>
/// The queue is not a BlockingCollection: a chain of five messages every 2 ms took 122 to 187 microseconds of processor time with one, and
/// 74 to 116 with this queue. With one message every 10 ms there was no clear difference.
/// </remarks>
/// <param name="config">The dispatcher's settings.</param>
/// <param name="prerequisites">What Akka gives each.</param>
[SuppressMessage("Performance", "CA1812", Justification = "Akka makes it, by the name in its settings.")]
internal sealed class DedicatedThreads(Config config, IDispatcherPrerequisites prerequisites)
    : ExecutorServiceConfigurator(config, prerequisites)
{
    /// <inheritdoc/>
    public override ExecutorService Produce(string id) => new Executor(id);

    private sealed class Executor : ExecutorService
    {
        /// <summary>Two, so that one slow receiver does not hold up a heartbeat.</summary>
        private const int Threads = 2;

        /// <summary>Whose thread this is.</summary>
        [ThreadStatic]
        private static Executor? t_executor;

        private readonly object _lock = new();
        private readonly Queue<IRunnable> _waiting = new();
        private bool _hasEnded;

        internal Executor(string id)
            : base(id)
        {
            for (int i = 0; i < Threads; i++)
                new Thread(Work) { IsBackground = true, Name = id }.Start();
        }

        /// <inheritdoc/>
        public override void Execute(IRunnable run)
        {
            lock (_lock)
            {
                if (_hasEnded)
                    throw new RejectedExecutionException($"the executor of {Id} has ended");
                _waiting.Enqueue(run);

                // What a run of ours sends is next on the same thread, without the wake-up of another: a message goes through five actors
                // one after the other.
                if (t_executor != this || _waiting.Count > 1)
                    Monitor.Pulse(_lock);
            }
        }

        /// <summary>What waits is still run.</summary>
        public override void Shutdown()
        {
            lock (_lock)
            {
                _hasEnded = true;
                Monitor.PulseAll(_lock);
            }
        }

        private void Work()
        {
            t_executor = this;
            while (Next() is { } run)
                run.Run();
        }

        private IRunnable? Next()
        {
            lock (_lock)
            {
                IRunnable? next;
                while (!_waiting.TryDequeue(out next) && !_hasEnded)
                    Monitor.Wait(_lock);
                return next;
            }
        }
    }
}
