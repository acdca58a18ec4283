namespace Kvs.Threading;

/// <summary>
/// Runs the jobs of one pool, on whatever thread: keeps their exceptions from the thread, and knows whether the current
/// thread is inside one of them.
/// </summary>
/// <remarks>
/// <para>Thread safety: any thread may call any member.</para>
/// <para>Why a job's exception is caught here, and the thread not left to die and be replaced. An exception that leaves
/// a thread's first method ends the whole process in .NET, so it has to be caught on its thread in any case; the only
/// question is whether the thread goes on afterwards. Ending it would buy a fresh stack and fresh thread-local state,
/// and neither is in doubt: unwinding has run every finally block and released every lock statement, and a job that
/// leaves thread-local state behind does so when it succeeds as well. It would cost a thread start (some 100
/// microseconds, against the 10 of a typical job) for each failure, which a client that provokes failures could
/// turn into an attack, and a moment with a worker less; and the replacement's start can itself fail, exactly when the
/// machine is short of memory or threads and jobs fail for the same reason. So the thread catches, reports and takes
/// the next job.</para>
/// </remarks>
internal sealed class JobRunner(Action<Exception>? jobFailed)
{
    // The runners whose jobs the current thread is inside of, outermost first. More than one only where a job spawns
    // into an inline pool.
    [ThreadStatic]
    private static List<JobRunner>? t_current;

    private readonly Action<Exception> _jobFailed = jobFailed ?? WriteToStandardError;

    /// <summary>How many jobs, of whatever pools, the current thread is inside of.</summary>
    public static int Depth => t_current?.Count ?? 0;

    /// <summary>Whether the current thread is inside a job of this pool.</summary>
    public bool IsInJob => t_current?.Contains(this) ?? false;

    /// <summary>Runs a job; never throws.</summary>
    public void Run(Action job)
    {
        List<JobRunner> current = t_current ??= [];
        current.Add(this);
        try
        {
            job();
        }
        catch (Exception exception)
        {
            Report(exception);
        }
        finally
        {
            current.RemoveAt(current.Count - 1);
        }
    }

    /// <summary>Throws where a pool is disposed from one of its own jobs.</summary>
    public void ThrowIfInJob()
    {
        if (IsInJob)
        {
            throw new InvalidOperationException(
                "A thread pool cannot be disposed from one of its own jobs: it would wait for that job for ever.");
        }
    }

    private void Report(Exception exception)
    {
        try
        {
            _jobFailed(exception);
        }
        catch (Exception handlerFailure)
        {
            WriteToStandardError(new AggregateException("The handler for failed jobs failed too.",
                exception, handlerFailure));
        }
    }

    private static void WriteToStandardError(Exception exception)
    {
        try
        {
            Console.Error.WriteLine($"A job failed: {exception}");
        }
        catch (Exception)
        {
            // The last resort has failed (a closed pipe, say): nobody is left to tell, and the thread is worth more.
        }
    }
}
