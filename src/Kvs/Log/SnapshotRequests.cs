namespace Kvs.Log;

/// <summary>Snapshots that some threads ask for, and the one takes that changes which segments there are. Thread-safe.
/// </summary>
internal sealed class SnapshotRequests
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource<LogSnapshot>> _waiting = new();
    private bool _isClosed;

    /// <summary>Asks for a snapshot and waits for it.</summary>
    /// <param name="wake">Lets the other thread look.</param>
    /// <exception cref="KvsDamageException">Something in the log is not as it was written.</exception>
    /// <exception cref="ObjectDisposedException">There is no such thread any more.</exception>
    internal LogSnapshot Get(Action wake)
    {
        var request = new TaskCompletionSource<LogSnapshot>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(KvStore));
            _waiting.Enqueue(request);
        }

        wake();
        return request.Task.GetAwaiter().GetResult();
    }

    /// <summary>Gives everyone who waits a snapshot of their own.</summary>
    internal void Serve(Func<LogSnapshot> take)
    {
        while (TryNext() is { } request)
        {
            try
            {
                request.SetResult(take());
            }
            catch (KvsDamageException e)
            {
                request.SetException(e);
            }
        }
    }

    /// <summary>Lets nobody wait any more.</summary>
    internal void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
        }

        while (TryNext() is { } request)
        {
            request.SetException(new ObjectDisposedException(nameof(KvStore)));
        }
    }

    private TaskCompletionSource<LogSnapshot>? TryNext()
    {
        lock (_lock)
        {
            return _waiting.TryDequeue(out TaskCompletionSource<LogSnapshot>? request) ? request : null;
        }
    }
}
