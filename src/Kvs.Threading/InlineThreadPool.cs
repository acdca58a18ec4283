using System.Collections.Concurrent;

namespace Kvs.Threading;

/// <summary>
/// No threads at all: <see cref="Spawn"/> runs the job and returns when it has ended. Saves the hand-over to another
/// thread where jobs are short and the thread that spawns has nothing better to do.
/// </summary>
/// <remarks>
/// A job that spawns runs the new job inside its own call, up to <see cref="MaxDepth"/> deep; a job spawned deeper
/// waits until an outermost job ends, so that a job which spawns its own successor does not overflow the stack.
/// <para>Guarded by <c>_gate</c>: <c>_running</c>, the number of outermost jobs, and <c>_disposing</c>.</para>
/// </remarks>
public sealed class InlineThreadPool : IThreadPool
{
    /// <summary>The name of this pool.</summary>
    public const string PoolName = "inline";

    /// <summary>How many jobs a thread runs inside one another: few enough for any stack.</summary>
    public const int MaxDepth = 16;

    private readonly object _gate = new();
    private readonly ConcurrentQueue<Action> _tooDeep = new();
    private readonly JobRunner _runner;
    private int _running;
    private bool _disposing;

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
        bool isOutermost = !_runner.IsInJob;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposing, this);
            _running += isOutermost ? 1 : 0;
        }

        if (isOutermost)
        {
            RunOutermost(job);
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
        lock (_gate)
        {
            _disposing = true;
            while (_running > 0)
            {
                Monitor.Wait(_gate);
            }
        }
    }

    private void RunOutermost(Action job)
    {
        _runner.Run(job);
        while (_tooDeep.TryDequeue(out Action? waiting))
        {
            _runner.Run(waiting);
        }

        lock (_gate)
        {
            if (--_running == 0)
            {
                Monitor.PulseAll(_gate);
            }
        }
    }
}
