namespace Kvs.Threading;

/// <summary>
/// Runs jobs. What every pool promises is written as one test suite (<c>ThreadPoolContract</c>), and each pool
/// passes it.
/// </summary>
/// <remarks>
/// <para>Any thread may call <see cref="Spawn"/> at any time, a job included.</para>
/// <para>All threads of a pool are started before its constructor returns; where one cannot be started, the
/// constructor ends those already started and throws <see cref="ThreadPoolStartException"/>.</para>
/// <para>A job that throws costs the pool no thread and the caller nothing: the exception goes to the handler that the
/// pool was made with, or to the standard error stream.</para>
/// <para>A job must not wait for a job that it spawned: with all threads waiting so, none is left to run it.</para>
/// <para><see cref="IDisposable.Dispose"/> takes no more jobs, runs those that are queued, and returns when the last
/// has finished and every thread of the pool has ended. It may be called again and from several threads; each call
/// returns only then. Called from one of the pool's own jobs it could only wait for itself: it throws
/// <see cref="InvalidOperationException"/>, and the pool goes on as before.</para>
/// </remarks>
public interface IThreadPool : IDisposable
{
    /// <summary>The pool's name as programs take it: <c>naive</c>, <c>shared-queue</c>, ...</summary>
    string Name { get; }

    /// <summary>How many jobs run at once at most; 0 where the pool sets no bound.</summary>
    int Threads { get; }

    /// <summary>Has <paramref name="job"/> run once, as soon as the pool has a thread for it.</summary>
    /// <exception cref="ObjectDisposedException">Disposing has begun; the job will not run.</exception>
    void Spawn(Action job);
}
