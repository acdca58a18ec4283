using System.Runtime.CompilerServices;
using Kvs.Threading;

namespace Kvs.Server.Connections;

/// <summary>
/// Awaiting it goes on as a job of the pool. One per connection, and used by nobody else: a connection waits for one
/// thing at a time.
/// </summary>
internal sealed class WorkerSwitch(IThreadPool pool) : ICriticalNotifyCompletion
{
    private Exception? _refusal;

    public bool IsCompleted => false;

    public WorkerSwitch GetAwaiter() => this;

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation)
    {
        try
        {
            pool.Spawn(continuation);
        }
        catch (Exception error)
        {
            // A disposed pool, or one that gets no thread. Thrown from here it would end the process; thrown where
            // the connection waits it ends that connection.
            _refusal = error;
            ThreadPool.UnsafeQueueUserWorkItem(static resume => resume(), continuation, preferLocal: false);
        }
    }

    public void GetResult()
    {
        if (_refusal is not null)
        {
            throw new InvalidOperationException("The pool does not take the connection's job.", _refusal);
        }
    }
}
