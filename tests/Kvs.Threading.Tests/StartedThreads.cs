namespace Kvs.Threading.Tests;

/// <summary>Starts threads for a pool and remembers them, so that a test can see whether they ended; makes a start fail
/// where it is told to.</summary>
internal sealed class StartedThreads
{
    private readonly List<Thread> _threads = [];
    private readonly Func<int, bool> _fails;
    private int _starts;

    /// <param name="fails">Whether the start with this number, counted from 0, fails.</param>
    public StartedThreads(Func<int, bool>? fails = null) => _fails = fails ?? (_ => false);

    public int Count
    {
        get
        {
            lock (_threads)
            {
                return _threads.Count;
            }
        }
    }

    public int AliveCount
    {
        get
        {
            lock (_threads)
            {
                return _threads.Count(thread => thread.IsAlive);
            }
        }
    }

    public Thread Start(string name, ThreadStart body)
    {
        lock (_threads)
        {
            if (_fails(_starts++))
            {
                throw new InsufficientMemoryException("no more threads (a test says so)");
            }

            Thread thread = ThreadStarters.Start(name, body);
            _threads.Add(thread);
            return thread;
        }
    }
}
