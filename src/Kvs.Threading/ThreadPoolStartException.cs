namespace Kvs.Threading;

/// <summary>A pool's threads could not all be started. Those that were have ended again.</summary>
public sealed class ThreadPoolStartException : Exception
{
    /// <summary>Makes the error.</summary>
    /// <param name="started">How many threads were started before the one that failed.</param>
    /// <param name="threads">How many were asked for.</param>
    /// <param name="inner">Why the next one did not start.</param>
    public ThreadPoolStartException(int started, int threads, Exception inner)
        : base($"Only {started} of {threads} threads could be started ({inner.Message}); they were ended again. " +
               "Ask for fewer threads, or raise the limit on processes and threads.", inner)
    {
    }
}
