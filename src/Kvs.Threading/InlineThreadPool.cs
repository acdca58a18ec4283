using System.Collections.Concurrent;

namespace Kvs.Threading;

/// <summary>
/// No threads at all: <see cref="Spawn"/> runs the job and returns when it has ended. Saves the hand-over to another
/// thread where jobs are short and the thread that spawns has nothing better to do.
/// </summary>
/// <remarks>
/// A job that spawns runs the new job inside its own call, up to <see cref="MaxDepth"/> deep; a job spawned deeper
/// waits until an outermost job ends, so that a job which spawns its own successor does not overflow the stack.
/// <para>Every job of every thread comes through <c>_state</c>, so that is one word and no lock: the number of
/// outermost jobs that run, negative by <see cref="Disposing"/> from the moment that the pool is being disposed. Once
/// it is, the number only falls, and who takes it to none wakes those who wait in <see cref="Dispose"/>.</para>
/// </remarks>
public sealed class InlineThreadPool : IThreadPool
{
    /// <summary>The name of this pool.</summary>
    public const string PoolName = "inline";

    /// <summary>How many jobs a thread runs inside one another: few enough for any stack.</summary>
    public const int MaxDepth = 16;

    private const int Disposing = int.MinValue;

    private readonly ManualResetEventSlim _ended = new();
    private readonly ConcurrentQueue<Action> _tooDeep = new();
    private readonly JobRunner _runner;
    private int _state;

    /// <summary>Makes the pool.</summary>
    /// <param name="jobFailed">Told of each exception that a job throws, on the job's thread; the standard error stream
    /// when null.</param>
    public InlineThreadPool(Action<Exception>? jobFailed = null) => _runner = new JobRunner(jobFailed);

    /// <inheritdoc/>
    public string Name => PoolName;

    /// <summary>0: as many jobs run at once as there are threads that spawn.</summary>
    public int Threads => 0;

    /// <inheritdoc/>
    public void Spawn(Action job)
    {
        ArgumentNullException.ThrowIfNull(job);
        if (!_runner.IsInJob)
        {
            Enter();
            try
            {
                RunOutermost(job);
            }
            finally
            {
                Leave();
            }
        }
        else if (Volatile.Read(ref _state) < 0)
        {
            throw new ObjectDisposedException(GetType().FullName);
        }
        else if (JobRunner.Depth < MaxDepth)
        {
            _runner.Run(job);
        }
        else
        {
            // The outermost job of this thread has not ended, and looks here when it does.
            _tooDeep.Enqueue(job);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _runner.ThrowIfInJob();
        if (Interlocked.Or(ref _state, Disposing) == 0)
        {
            _ended.Set();
        }

        _ended.Wait();
    }

    private void Enter()
    {
        int state = Volatile.Read(ref _state);
        while (true)
        {
            ObjectDisposedException.ThrowIf(state < 0, this);
            int found = Interlocked.CompareExchange(ref _state, state + 1, state);
            if (found == state)
            {
                return;
            }

            state = found;
        }
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _state) == Disposing)
        {
            _ended.Set();
        }
    }

    private void RunOutermost(Action job)
    {
        _runner.Run(job);
        while (_tooDeep.TryDequeue(out Action? waiting))
        {
            _runner.Run(waiting);
        }
    }
}
