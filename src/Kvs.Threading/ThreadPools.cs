namespace Kvs.Threading;

/// <summary>The pools by name.</summary>
public static class ThreadPools
{
    /// <summary>The most threads that a pool can be asked for: what the runtime's own pool allows, and about what
    /// Linux gives a process by default.</summary>
    public const int MaxThreads = 32_767;

    /// <summary>The names of all pools, for messages.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        NaiveThreadPool.PoolName,
        SharedQueueThreadPool.PoolName,
        WorkStealingThreadPool.PoolName,
        InlineThreadPool.PoolName,
    ];

    /// <summary>Makes the pool that is called <paramref name="name"/>.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="threads">How many threads, 1 to <see cref="MaxThreads"/>; without effect on <c>naive</c> and
    /// <c>inline</c>, which have none of their own.</param>
    /// <param name="jobFailed">Told of each exception that a job throws, on the job's thread; the standard error stream
    /// when null.</param>
    /// <exception cref="ArgumentException">There is no such pool; the message names those that there are.</exception>
    /// <exception cref="ThreadPoolStartException">A thread could not be started; those that were have ended.
    /// </exception>
    public static IThreadPool Create(string name, int threads, Action<Exception>? jobFailed = null)
    {
        CheckThreads(threads);
        return name switch
        {
            NaiveThreadPool.PoolName => new NaiveThreadPool(jobFailed),
            SharedQueueThreadPool.PoolName => new SharedQueueThreadPool(threads, jobFailed),
            WorkStealingThreadPool.PoolName => new WorkStealingThreadPool(threads, jobFailed),
            InlineThreadPool.PoolName => new InlineThreadPool(jobFailed),
            _ => throw new ArgumentException(
                $"Unknown pool '{name}'. There are: {string.Join(", ", Names)}.", nameof(name)),
        };
    }

    internal static void CheckThreads(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, MaxThreads);
    }
}
