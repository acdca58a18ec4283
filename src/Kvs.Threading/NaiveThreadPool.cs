namespace Kvs.Threading;

/// <summary>
/// A thread for every job: as simple as can be, and the bad example to measure the others against. Nothing bounds the
/// number of threads.
/// </summary>
/// <remarks>
/// Where the operating system starts no more threads, a job waits for the next thread to end, which then runs it; where
/// there is none to wait for, the thread that spawns runs it. So no job is lost.
/// <para>Invariants, all guarded by <c>_gate</c>:</para>
/// <para>1. A thread that may still be alive is in <c>_threads</c>.</para>
/// <para>2. While <c>_backlog</c> holds a job, <c>_running</c> is above 0: who would leave takes from it first.</para>
/// </remarks>
public sealed class NaiveThreadPool : IThreadPool
{
    /// <summary>The name of this pool.</summary>
    public const string PoolName = "naive";

    // Ended threads are forgotten when the list reaches this length, or twice what was alive the last time.
    private const int PruneThreads = 64;

    private readonly object _gate = new();
    private readonly JobRunner _runner;
    private readonly ThreadStarter _startThread;
    private readonly List<Thread> _threads = [];
    private readonly Queue<Action> _backlog = new();
    private int _pruneAt = PruneThreads;
    private int _running;
    private bool _disposing;

    /// <summary>Makes the pool.</summary>
    /// <param name="jobFailed">Told of each exception that a job throws, on the job's thread; the standard error stream
    /// when null.</param>
    public NaiveThreadPool(Action<Exception>? jobFailed = null) : this(jobFailed, ThreadStarters.Start)
    {
    }

    internal NaiveThreadPool(Action<Exception>? jobFailed, ThreadStarter startThread)
    {
        _runner = new JobRunner(jobFailed);
        _startThread = startThread;
    }

    /// <inheritdoc/>
    public string Name => PoolName;

    /// <summary>0: nothing bounds the number of threads.</summary>
    public int Threads => 0;

    /// <inheritdoc/>
    public void Spawn(Action job)
    {
        ArgumentNullException.ThrowIfNull(job);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposing, this);
            if (TryStartThread(job))
            {
                return;
            }

            if (_running > 0)
            {
                _backlog.Enqueue(job);
                return;
            }

            _running++;
        }

        RunAndLeave(job);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _runner.ThrowIfInJob();
        Thread[] threads;
        lock (_gate)
        {
            _disposing = true;
            while (_running > 0)
            {
                Monitor.Wait(_gate);
            }

            threads = [.. _threads];
        }

        // They have left RunAndLeave, or are about to: joining waits for the last instructions only.
        foreach (Thread thread in threads)
        {
            thread.Join();
        }
    }

    private bool TryStartThread(Action job)
    {
        if (_threads.Count >= _pruneAt)
        {
            _threads.RemoveAll(thread => !thread.IsAlive);
            _pruneAt = Math.Max(PruneThreads, 2 * _threads.Count);
        }

        try
        {
            _threads.Add(_startThread("kvs-naive", () => RunAndLeave(job)));
            _running++;
            return true;
        }
        catch (Exception exception) when (exception is OutOfMemoryException or ThreadStartException)
        {
            return false;
        }
    }

    private void RunAndLeave(Action? job)
    {
        while (job is not null)
        {
            _runner.Run(job);
            lock (_gate)
            {
                if (!_backlog.TryDequeue(out job) && --_running == 0)
                {
                    Monitor.PulseAll(_gate);
                }
            }
        }
    }
}
