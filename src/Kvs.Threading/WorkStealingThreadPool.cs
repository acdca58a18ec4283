namespace Kvs.Threading;

/// <summary>
/// The runtime's own pool, whose threads keep jobs in queues of their own and steal from each other's, with a bound on
/// how many jobs of this pool run at once.
/// </summary>
/// <remarks>
/// A job that comes while fewer than the bound are running goes to the runtime at once; one that comes later waits
/// here, and a job that ends hands its place to it. There is no thread that dispatches, and none that belongs to this
/// pool: "ending its threads" means giving back those of the runtime.
/// <para>Guarded by <c>_gate</c>: <c>_waiting</c>, <c>_running</c>, <c>_disposing</c>. Invariants:</para>
/// <para>1. <c>_running</c> counts the jobs that the runtime has been given and that have not ended; it never exceeds
/// <see cref="Threads"/>.</para>
/// <para>2. While <c>_waiting</c> holds a job, <c>_running</c> equals <see cref="Threads"/>: nobody waits beside a free
/// place.</para>
/// </remarks>
public sealed class WorkStealingThreadPool : IThreadPool
{
    /// <summary>The name of this pool.</summary>
    public const string PoolName = "work-stealing";

    private static readonly Lock s_reservation = new();
    private static readonly int s_minThreadsBefore = ReadMinThreads();
    private static int s_reservedThreads;

    private readonly object _gate = new();
    private readonly Queue<Action> _waiting = new();
    private readonly JobRunner _runner;
    private int _running;
    private bool _disposing;
    private bool _reserved;

    /// <summary>Makes the pool.</summary>
    /// <param name="threads">How many jobs run at once at most: at least 1.</param>
    /// <param name="jobFailed">Told of each exception that a job throws, on the job's thread; the standard error stream
    /// when null.</param>
    /// <exception cref="ThreadPoolStartException">The runtime's pool cannot have so many threads.</exception>
    public WorkStealingThreadPool(int threads, Action<Exception>? jobFailed = null)
    {
        ThreadPools.CheckThreads(threads);
        Threads = threads;
        _runner = new JobRunner(jobFailed);
        Reserve(threads);
        _reserved = true;
    }

    /// <inheritdoc/>
    public string Name => PoolName;

    /// <inheritdoc/>
    public int Threads { get; }

    /// <inheritdoc/>
    public void Spawn(Action job)
    {
        ArgumentNullException.ThrowIfNull(job);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposing, this);
            if (_running == Threads)
            {
                _waiting.Enqueue(job);
                return;
            }

            _running++;
        }

        GiveToRuntime(job);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _runner.ThrowIfInJob();
        lock (_gate)
        {
            _disposing = true;
            while (_running > 0)
            {
                Monitor.Wait(_gate);
            }

            if (!_reserved)
            {
                return;
            }

            _reserved = false;
        }

        Release(Threads);
    }

    // To the queue of the current thread if it is one of the runtime's: what the job needs is in that processor's
    // cache, and an idle thread steals it if this one stays busy.
    private void GiveToRuntime(Action job) =>
        ThreadPool.UnsafeQueueUserWorkItem(
            static work => work.Pool.RunAndHandOn(work.Job), (Pool: this, Job: job), preferLocal: true);

    private void RunAndHandOn(Action job)
    {
        _runner.Run(job);
        Action? next;
        lock (_gate)
        {
            if (!_waiting.TryDequeue(out next))
            {
                if (--_running == 0)
                {
                    Monitor.PulseAll(_gate);
                }

                return;
            }
        }

        // Handed to the runtime and not run in a loop here, so that its other work gets its turn on this thread.
        GiveToRuntime(next);
    }

    // The runtime starts threads beyond its minimum only slowly, one or two a second: with jobs that block, a pool of
    // 16 on 2 processors would take that long to have its 16. So the minimum is what it was, for everyone else, and
    // above that what each pool was promised.
    private static void Reserve(int threads)
    {
        lock (s_reservation)
        {
            ThreadPool.GetMinThreads(out int workers, out int completionPorts);
            int promised = s_reservedThreads + threads;
            int wanted = s_minThreadsBefore + promised;
            if (wanted > workers && !ThreadPool.SetMinThreads(wanted, completionPorts))
            {
                ThreadPool.GetMaxThreads(out int mostWorkers, out _);
                throw new ThreadPoolStartException(0, threads, new InvalidOperationException(
                    $"the runtime's pool has {mostWorkers} threads at most, {s_reservedThreads} of them promised"));
            }

            s_reservedThreads = promised;
        }
    }

    // The minimum stays raised: it starts no threads by itself, and someone else may have come to count on it.
    private static void Release(int threads)
    {
        lock (s_reservation)
        {
            s_reservedThreads -= threads;
        }
    }

    private static int ReadMinThreads()
    {
        ThreadPool.GetMinThreads(out int workers, out _);
        return workers;
    }
}
