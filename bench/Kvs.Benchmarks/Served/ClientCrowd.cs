using System.Net;
using Kvs.Client;

namespace Kvs.Benchmarks.Served;

/// <summary>Threads that have a blocking client each, and all make one request whenever they are told to.</summary>
/// <remarks>One thread calls <see cref="Run"/> and <see cref="Dispose"/>. Guarded by <see cref="_start"/>, on which all
/// threads of the crowd sleep: <see cref="_request"/>, <see cref="_round"/>, <see cref="_isEnding"/>.</remarks>
internal sealed class ClientCrowd : IDisposable
{
    /// <summary>Enough for a request, in bytes; the usual stacks of so many threads would be gigabytes.</summary>
    private const int StackBytes = 256 * 1024;

    private readonly object _start = new();
    private readonly AutoResetEvent _done = new(false);
    private readonly KvsClient[] _clients;
    private readonly Thread[] _threads;
    private Action<KvsClient, int>? _request;
    private long _round;
    private bool _isEnding;
    private int _left;
    private Exception? _failure;

    /// <summary>Connects all clients and starts all threads.</summary>
    internal ClientCrowd(IPEndPoint server, int count)
    {
        _clients = [.. Enumerable.Range(0, count).Select(_ => KvsClient.Connect(server))];
        _threads = [.. Enumerable.Range(0, count).Select(number => new Thread(() => Serve(number), StackBytes)
        {
            IsBackground = true,
            Name = "client",
        })];
        Array.ForEach(_threads, thread => thread.Start());
    }

    /// <summary>Lets every client make its request; returns when the last one has given the signal.</summary>
    /// <param name="request">Makes the request of a client, by its number, and throws where the reply is wrong.</param>
    /// <exception cref="InvalidOperationException">A request failed.</exception>
    internal void Run(Action<KvsClient, int> request)
    {
        _left = _clients.Length;
        lock (_start)
        {
            _request = request;
            _round++;
            Monitor.PulseAll(_start);
        }

        _done.WaitOne();
        if (_failure is not null)
        {
            throw new InvalidOperationException($"A request failed: {_failure.Message}", _failure);
        }
    }

    /// <summary>Ends all threads and connections.</summary>
    public void Dispose()
    {
        lock (_start)
        {
            _isEnding = true;
            Monitor.PulseAll(_start);
        }

        Array.ForEach(_threads, thread => thread.Join());
        Array.ForEach(_clients, client => client.Dispose());
        _done.Dispose();
    }

    private void Serve(int number)
    {
        for (long round = 1; WaitFor(round) is { } request; round++)
        {
            try
            {
                request(_clients[number], number);
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref _failure, e, comparand: null);
            }

            if (Interlocked.Decrement(ref _left) == 0)
            {
                _done.Set();
            }
        }
    }

    /// <summary>What to do in a round, once it has begun; null when there will be none.</summary>
    private Action<KvsClient, int>? WaitFor(long round)
    {
        lock (_start)
        {
            while (_round < round && !_isEnding)
            {
                Monitor.Wait(_start);
            }

            return _isEnding ? null : _request;
        }
    }
}
