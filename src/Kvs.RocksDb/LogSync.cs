namespace Kvs.RocksDb;

/// <summary>The thread that syncs RocksDB's log: when a write has waited for it long enough, and for those who ask.
/// </summary>
/// <remarks>
/// Any thread may call any member; <see cref="Dispose"/> once, when nobody calls any other.
/// 1. A sync covers what was written before it began, so whoever asks is answered by one that begins afterwards; all
///    who ask while another runs share the next.
/// 2. <see cref="_dueMs"/> is taken back before the sync begins: a write that comes later names a moment of its own.
/// </remarks>
internal sealed class LogSync : IDisposable
{
    private readonly object _monitor = new();
    private readonly Action _sync;
    private readonly Thread _thread;
    private TaskCompletionSource? _waiters;
    private long _dueMs = long.MaxValue;
    private bool _isEnding;

    /// <summary>Starts the thread.</summary>
    /// <param name="sync">Syncs. A <see cref="KvsWriteException"/> goes to those who wait, and is for
    /// <paramref name="sync"/> to remember.</param>
    internal LogSync(Action sync)
    {
        _sync = sync;
        _thread = new Thread(Run) { IsBackground = true, Name = "kvs rocksdb sync" };
        _thread.Start();
    }

    /// <summary>Ends when everything is synced that was written before the call.</summary>
    internal Task SyncAsync()
    {
        lock (_monitor)
        {
            _waiters ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Monitor.Pulse(_monitor);
            return _waiters.Task;
        }
    }

    /// <summary>Has what was written before the call synced within a time.</summary>
    internal void SyncWithin(TimeSpan time)
    {
        long due = Environment.TickCount64 + (long)time.TotalMilliseconds;
        if (Volatile.Read(ref _dueMs) <= due)
        {
            return;
        }

        lock (_monitor)
        {
            if (due < _dueMs)
            {
                _dueMs = due;
                Monitor.Pulse(_monitor);
            }
        }
    }

    /// <summary>Answers who waits, and ends the thread.</summary>
    public void Dispose()
    {
        lock (_monitor)
        {
            _isEnding = true;
            Monitor.Pulse(_monitor);
        }

        _thread.Join();
    }

    private void Run()
    {
        while (WaitUntilDue(out TaskCompletionSource? waiters))
        {
            try
            {
                _sync();
                waiters?.SetResult();
            }
            catch (KvsWriteException e)
            {
                waiters?.SetException(e);
            }
        }
    }

    /// <summary>Waits until there is something to do; false when there never will be.</summary>
    private bool WaitUntilDue(out TaskCompletionSource? waiters)
    {
        lock (_monitor)
        {
            while (_waiters is null)
            {
                long leftMs = _dueMs - Environment.TickCount64;
                if (_isEnding || leftMs <= 0)
                {
                    break;
                }

                Monitor.Wait(_monitor, (int)Math.Min(leftMs, int.MaxValue));
            }

            waiters = _waiters;
            _waiters = null;
            _dueMs = long.MaxValue;
            return waiters is not null || !_isEnding;
        }
    }
}
