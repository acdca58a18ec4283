using System.Threading.Tasks.Sources;

namespace Kvs.Server.Connections;

/// <summary>A connection that waits for a sync. One per connection, used again and again: it waits for one at a time.
/// </summary>
/// <remarks>The connection's flow begins and awaits; any thread may call <see cref="Post"/> and, once for each wait,
/// <see cref="EndSoon"/>.</remarks>
internal sealed class SyncWaiter : IValueTaskSource
{
    private readonly Action<Action> _post;
    private readonly Action _end;
    private ManualResetValueTaskSourceCore<bool> _source;
    private Exception? _error;

    /// <summary>Makes one that does not wait yet.</summary>
    /// <param name="post">Runs what follows where the work of the connection runs.</param>
    internal SyncWaiter(Action<Action> post)
    {
        _post = post;
        _end = End;
    }

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    /// <summary>Begins to wait.</summary>
    internal ValueTask Begin()
    {
        _source.Reset();
        return new ValueTask(this, _source.Version);
    }

    /// <summary>Has something run where the work of the connection runs, after what has arrived there.</summary>
    internal void Post(Action work) => _post(work);

    /// <summary>Lets the connection go on, on its own thread.</summary>
    /// <param name="error">Why the sync failed; null where it has not.</param>
    internal void EndSoon(Exception? error)
    {
        _error = error;
        _post(_end);
    }

    private void End()
    {
        if (_error is null)
        {
            _source.SetResult(true);
        }
        else
        {
            _source.SetException(_error);
        }
    }
}
