namespace Kvs.Threading;

/// <summary>A fixed number of workers that take jobs from one queue, first come, first served.</summary>
/// <remarks>
/// Guarded by <c>_gate</c>: <c>_jobs</c> and <c>_disposing</c>. Workers without a job sleep in
/// <see cref="Monitor.Wait(object)"/> on it; every job that is queued wakes one, and disposing wakes all.
/// <para>Invariants:</para>
/// <para>1. <c>_disposing</c> goes from false to true once, and no job is queued after that.</para>
/// <para>2. A worker ends only when <c>_disposing</c> is true and <c>_jobs</c> is empty.</para>
/// </remarks>
public sealed class SharedQueueThreadPool : IThreadPool
{
    /// <summary>The name of this pool.</summary>
    public const string PoolName = "shared-queue";

    private readonly object _gate = new();
    private readonly Queue<Action> _jobs = new();
    private readonly JobRunner _runner;
    private readonly Thread[] _workers;
    private bool _disposing;

    /// <summary>Makes the pool and starts its threads.</summary>
    /// <param name="threads">How many workers: at least 1.</param>
    /// <param name="jobFailed">Told of each exception that a job throws, on the job's thread; the standard error stream
    /// when null.</param>
    /// <exception cref="ThreadPoolStartException">A thread could not be started; those that were have ended.
    /// </exception>
    public SharedQueueThreadPool(int threads, Action<Exception>? jobFailed = null)
        : this(threads, jobFailed, ThreadStarters.Start)
    {
    }

    internal SharedQueueThreadPool(int threads, Action<Exception>? jobFailed, ThreadStarter startThread)
    {
        ThreadPools.CheckThreads(threads);
        _runner = new JobRunner(jobFailed);
        _workers = new Thread[threads];
        for (int started = 0; started < threads; started++)
        {
            try
            {
                _workers[started] = startThread($"kvs-worker-{started}", Work);
            }
            catch (Exception exception)
            {
                End(_workers.AsSpan(0, started));
                throw new ThreadPoolStartException(started, threads, exception);
            }
        }
    }

    /// <inheritdoc/>
    public string Name => PoolName;

    /// <inheritdoc/>
    public int Threads => _workers.Length;

    /// <inheritdoc/>
    public void Spawn(Action job)
    {
        ArgumentNullException.ThrowIfNull(job);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposing, this);
            _jobs.Enqueue(job);
            Monitor.Pulse(_gate);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _runner.ThrowIfInJob();
        End(_workers);
    }

    private void End(ReadOnlySpan<Thread> workers)
    {
        lock (_gate)
        {
            _disposing = true;
            Monitor.PulseAll(_gate);
        }

        foreach (Thread worker in workers)
        {
            worker.Join();
        }
    }

    private void Work()
    {
        while (true)
        {
            try
            {
                while (TryTake(out Action? job))
                {
                    _runner.Run(job);
                }

                return;
            }
            catch (ThreadInterruptedException)
            {
                // A job has kept this thread and interrupted it after its end, or interrupted itself: that costs no
                // thread either. No job is lost: taking one either waits, and may be interrupted, or succeeds.
            }
        }
    }

    private bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Action? job)
    {
        lock (_gate)
        {
            while (!_jobs.TryDequeue(out job))
            {
                if (_disposing)
                {
                    return false;
                }

                Monitor.Wait(_gate);
            }

            return true;
        }
    }
}
