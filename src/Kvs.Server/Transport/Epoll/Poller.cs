using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Kvs.Server.Transport.Epoll;

/// <summary>
/// Waits for the sockets of many connections and lets each go on when it has something to do, on the thread that waited:
/// where requests are short, that saves every change of threads. Leader and followers, after Schmidt et al. (2000): one
/// thread leads, which is to wait and to handle one event after the other; when it is held up in one (by a write that
/// waits for room, or a long batch), <see cref="Watch"/> has another take the lead, which goes on with the events that
/// are left. So nobody's work can keep the other connections waiting for more than a few of the watch's rounds.
/// </summary>
/// <remarks>
/// <para>Any thread may call any member. Guarded by <c>_gate</c>: everything that changes, except the events themselves
/// while the leader waits for them.</para>
/// <para>1. Only the leader waits, and it has handed out all events that came before.</para>
/// <para>2. The lead is taken away while it is held up in an event, never while it waits; whoever has lost it finds out
/// when it asks for its next event.</para>
/// <para>3. A connection that has its turn coming in <c>_again</c> was put there by the leader, who looks there before
/// it waits for longer than a moment; so no turn is forgotten.</para>
/// </remarks>
internal sealed class Poller : IDisposable
{
    /// <summary>So many threads may be held up at once; beyond, the connections do wait. Each was given its turn by the
    /// watch, which takes its time: it is a bound for what goes wrong for long.</summary>
    internal const int MaxThreads = 256;

    private const int MaxEvents = 256;
    private const int MaxFollowers = 1;
    private const long WakeId = -1;

    private readonly object _gate = new();
    private readonly string _name;
    private readonly ILogger _logger;
    private readonly int _epoll;
    private readonly int _wake;
    private readonly EventBlock _events = new(MaxEvents);
    private readonly Queue<EpollConnection> _again = new();
    private readonly Stack<int> _freeSlots = new();
    private EpollConnection?[] _slots = new EpollConnection?[16];
    private uint _generation;
    private Thread? _leader;
    private int _threads;
    private int _followers;
    private int _fetched;
    private int _taken;
    private int _turns;
    private bool _isWaiting;
    private bool _isDisposed;
    private long _handled;
    private long _watched = -1;

    /// <summary>Starts waiting.</summary>
    /// <exception cref="IOException">The process may not open more files, or start more threads.</exception>
    internal Poller(string name, ILogger logger)
    {
        _name = name;
        _logger = logger;
        _epoll = EpollCalls.Create(EpollCalls.CloseOnExec);
        ThrowIfFailed(_epoll);
        _wake = EpollCalls.CreateEvent(0, EpollCalls.CloseOnExec);
        ThrowIfFailed(_wake);
        ThrowIfFailed(EventBlock.Add(_epoll, _wake, Readiness.Input, WakeId));
        for (int slot = _slots.Length - 1; slot >= 0; slot--)
        {
            _freeSlots.Push(slot);
        }

        StartThread();
    }

    /// <summary>How many threads there are, those that are held up included.</summary>
    internal int Threads
    {
        get
        {
            lock (_gate)
            {
                return _threads;
            }
        }
    }

    /// <summary>Tells a connection of what its socket has to say, from now on.</summary>
    /// <returns>What <see cref="Remove"/> takes.</returns>
    /// <exception cref="IOException">The kernel has no room for it.</exception>
    internal int Add(EpollConnection connection, int descriptor)
    {
        lock (_gate)
        {
            if (!_freeSlots.TryPop(out int slot))
            {
                slot = _slots.Length;
                Array.Resize(ref _slots, 2 * slot);
                for (int free = _slots.Length - 1; free > slot; free--)
                {
                    _freeSlots.Push(free);
                }
            }

            // An event that was fetched for the socket that had the place before names another generation.
            connection.Id = ((long)(_generation++ & int.MaxValue) << 32) | (uint)slot;
            _slots[slot] = connection;
            if (EventBlock.Add(_epoll, descriptor, Readiness.Everything, connection.Id) < 0)
            {
                int error = Marshal.GetLastPInvokeError();
                Free(slot);
                throw Failure(error);
            }

            return slot;
        }
    }

    /// <summary>Forgets a connection, whose socket is then closed.</summary>
    internal void Remove(int slot)
    {
        lock (_gate)
        {
            Free(slot);
        }
    }

    /// <summary>Has the connection get its turn after those that are due. False where the caller is not the leader,
    /// who might wait by now: then the caller does by itself what there is to do.</summary>
    internal bool TryTakeTurns(EpollConnection connection)
    {
        lock (_gate)
        {
            if (_leader != Thread.CurrentThread)
            {
                return false;
            }

            _again.Enqueue(connection);
            return true;
        }
    }

    /// <summary>Has another thread take the lead where the leader has been in the same event since the last call.
    /// </summary>
    internal void Watch()
    {
        lock (_gate)
        {
            bool isHeldUp = !_isWaiting && _leader is not null && _handled == _watched;
            _watched = _handled;
            if (!isHeldUp || _isDisposed || _threads >= MaxThreads)
            {
                return;
            }

            _leader = null;
            if (_followers > 0)
            {
                Monitor.Pulse(_gate);
            }
            else
            {
                StartThread();
            }
        }
    }

    /// <summary>Ends the threads. No connection is left.</summary>
    public unsafe void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            Monitor.PulseAll(_gate);
            ulong one = 1;
            _ = EpollCalls.Write(_wake, (byte*)&one, sizeof(ulong));
            while (_threads > 0)
            {
                Monitor.Wait(_gate);
            }
        }

        _ = EpollCalls.Close(_wake);
        _ = EpollCalls.Close(_epoll);
    }

    private static void ThrowIfFailed(int result)
    {
        if (result < 0)
        {
            throw Failure(Marshal.GetLastPInvokeError());
        }
    }

    private static IOException Failure(int error) =>
        new($"The system does not watch more sockets: {Marshal.GetPInvokeErrorMessage(error)}.");

    /// <summary>Under <c>_gate</c>, or before anybody else knows of this.</summary>
    private void StartThread()
    {
        _threads++;
        try
        {
            new Thread(Work) { IsBackground = true, Name = _name }.Start();
        }
        catch (Exception error) when (error is OutOfMemoryException or ThreadStartException)
        {
            // Nobody leads; the next that finishes its event does.
            _threads--;
            TransportLog.NoThread(_logger, error);
        }
    }

    private void Work()
    {
        try
        {
            while (TryTake(out EpollConnection? connection, out Readiness readiness))
            {
                connection.Handle(readiness);
            }
        }
        finally
        {
            lock (_gate)
            {
                _threads--;
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>The next event; false where the thread is not needed any more.</summary>
    private bool TryTake(
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out EpollConnection? connection, out Readiness readiness)
    {
        while (true)
        {
            int timeoutMs;
            lock (_gate)
            {
                if (!TryLead())
                {
                    connection = null;
                    readiness = default;
                    return false;
                }

                if (TryTakeFetched(out connection, out readiness))
                {
                    _handled++;
                    return true;
                }

                timeoutMs = _again.Count > 0 ? 0 : -1;
                _isWaiting = true;
            }

            int fetched = _events.Wait(_epoll, timeoutMs);
            lock (_gate)
            {
                _isWaiting = false;
                _fetched = fetched;
                _taken = 0;
                _turns = _again.Count;
            }
        }
    }

    private bool TryLead()
    {
        while (_leader != Thread.CurrentThread)
        {
            if (_isDisposed)
            {
                return false;
            }

            if (_leader is null)
            {
                _leader = Thread.CurrentThread;
            }
            else if (_followers == MaxFollowers)
            {
                return false;
            }
            else
            {
                _followers++;
                Monitor.Wait(_gate);
                _followers--;
            }
        }

        return !_isDisposed;
    }

    private bool TryTakeFetched(
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out EpollConnection? connection, out Readiness readiness)
    {
        while (_taken < _fetched)
        {
            (readiness, long id) = _events.Read(_taken++);
            if (id != WakeId && _slots[(int)(id & uint.MaxValue)] is { } found && found.Id == id)
            {
                connection = found;
                return true;
            }
        }

        readiness = Readiness.None;
        if (_turns > 0)
        {
            _turns--;
            connection = _again.Dequeue();
            readiness = Readiness.Input;
            return true;
        }

        connection = null;
        return false;
    }

    private void Free(int slot)
    {
        _slots[slot] = null;
        _freeSlots.Push(slot);
    }
}
