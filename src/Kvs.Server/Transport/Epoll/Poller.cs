using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Kvs.Server.Transport.Epoll;

/// <summary>
/// Waits for the sockets of many connections and lets each go on when it has something to do, on the thread that
/// waited: where requests are short, that saves every change of threads. Leader and followers, after Schmidt et al.
/// (2000): one thread leads, which is to wait and to handle one event after the other; when it is held up in one (by a
/// write that waits for room, or a long batch), <see cref="Watch"/> has another take the lead, which goes on with the
/// events that are left. While that one is held up, each leader gives the lead away before its event, because what
/// holds up one write holds up all. So others' work keeps a connection waiting for a few of the watch's rounds, and not
/// for so many times as there are others.
/// </summary>
/// <remarks>
/// <para>Any thread may call any member. Guarded by <c>_gate</c>: everything that changes, except the events themselves
/// while the leader waits for them.</para>
/// <para>1. Only the leader waits, and it has handed out all events that came before.</para>
/// <para>2. The lead is taken away while it is held up in an event, never while it waits; whoever has lost it finds out
/// when it asks for its next event.</para>
/// <para>3. What is posted is seen by the leader before it waits, or wakes it; so nothing is forgotten.</para>
/// </remarks>
internal sealed class Poller : IDisposable
{
    /// <summary>So many threads may be held up at once; beyond, the connections do wait. Each was given its turn by the
    /// watch, which takes its time: it is a bound for what goes wrong for long.</summary>
    private const int MaxThreads = 256;

    /// <summary>So many looks in a row must find the leader in the same event: one that only waits for its share of a
    /// busy processor is not held up.</summary>
    private const int LooksBeforeHeldUp = 3;

    /// <summary>So many events are fetched with one system call.</summary>
    private const int MaxEvents = 256;

    /// <summary>One waits to take the lead without a thread's start; more would only wait.</summary>
    private const int MaxFollowers = 1;

    private const long WakeId = -1;

    private readonly object _gate = new();
    private readonly string _name;
    private readonly ILogger _logger;
    private readonly int _epoll;
    private readonly int _wake;
    private readonly EventBlock _events = new(MaxEvents);
    private readonly Queue<Action> _posted = new();
    private readonly HashSet<Thread> _heldUp = [];
    private readonly Stack<int> _freeSlots = new();
    private EpollConnection?[] _slots = new EpollConnection?[16];
    private uint _generation;
    private Thread? _leader;
    private int _threads;
    private int _followers;
    private int _fetched;
    private int _taken;
    private int _postedTurns;
    private bool _isWaiting;
    private bool _isWoken;
    private bool _isDisposed;
    private long _handled;
    private long _handledAtLook = -1;
    private int _looksInSameEvent;

    /// <summary>Starts waiting.</summary>
    /// <exception cref="IOException">The process may not open more files, or start more threads.</exception>
    internal Poller(string name, ILogger logger)
    {
        _name = name;
        _logger = logger;
        for (int slot = _slots.Length - 1; slot >= 0; slot--)
        {
            _freeSlots.Push(slot);
        }

        _epoll = EpollCalls.Create(EpollCalls.CloseOnExec);
        ThrowIfFailed(_epoll);
        try
        {
            _wake = EpollCalls.CreateEvent(0, EpollCalls.CloseOnExec);
            ThrowIfFailed(_wake);
            ThrowIfFailed(EventBlock.Add(_epoll, _wake, Readiness.Input | Readiness.EdgeTriggered, WakeId));
            if (!TryStartThread())
            {
                throw new IOException("The system does not start more threads.");
            }
        }
        catch
        {
            Close();
            throw;
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

    /// <summary>Has something run by whoever leads, after the events that have come. It must not throw.</summary>
    internal void Post(Action work)
    {
        lock (_gate)
        {
            _posted.Enqueue(work);
            if (!_isWaiting || _isWoken)
            {
                return;
            }

            // Within the gate: it is not closed meanwhile.
            _isWoken = true;
            Wake();
        }
    }

    /// <summary>Has another thread take the lead where the leader has been in the same event for the last calls. Called
    /// again and again, at equal intervals.</summary>
    internal void Watch()
    {
        lock (_gate)
        {
            bool isInSameEvent = !_isWaiting && _leader is not null && _handled == _handledAtLook;
            _handledAtLook = _handled;
            _looksInSameEvent = isInSameEvent ? _looksInSameEvent + 1 : 0;
            Thread? leader = _leader;
            if (_looksInSameEvent >= LooksBeforeHeldUp && TryGiveLeadAway())
            {
                _looksInSameEvent = 0;
                _heldUp.Add(leader!);
            }
        }
    }

    /// <summary>Ends the threads. No connection is left.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            Monitor.PulseAll(_gate);
            Wake();
            while (_threads > 0)
            {
                Monitor.Wait(_gate);
            }
        }

        Close();
    }

    private void Close()
    {
        _ = EpollCalls.Close(_wake);
        _ = EpollCalls.Close(_epoll);
    }

    private unsafe void Wake()
    {
        ulong one = 1;
        _ = EpollCalls.Write(_wake, (byte*)&one, sizeof(ulong));
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
    private bool TryStartThread()
    {
        _threads++;
        try
        {
            new Thread(Work) { IsBackground = true, Name = _name }.Start();
            return true;
        }
        catch (Exception error) when (error is OutOfMemoryException or ThreadStartException)
        {
            _threads--;
            TransportLog.NoThread(_logger, error);
            return false;
        }
    }

    private void Work()
    {
        try
        {
            while (TryTake(out EpollConnection? connection, out Readiness readiness, out Action? posted))
            {
                Run(connection, readiness, posted);
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

    private void Run(EpollConnection? connection, Readiness readiness, Action? posted)
    {
        try
        {
            if (posted is not null)
            {
                posted();
            }
            else
            {
                connection!.Handle(readiness);
            }
        }
        catch (Exception error)
        {
            // Memory has run out, most likely. One connection may end of it; the thread, and with it the process, not.
            TransportLog.Failed(_logger, error, connection?.RemoteEndPoint);
            connection?.Abort();
        }
    }

    /// <summary>The next event, or the next that was posted; false where the thread is not needed any more.</summary>
    private bool TryTake(out EpollConnection? connection, out Readiness readiness, out Action? posted)
    {
        posted = null;
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

                if (TryTakeEvent(out connection, out readiness) || TryTakePosted(out posted))
                {
                    _handled++;
                    if (_heldUp.Count > 0)
                    {
                        _ = TryGiveLeadAway();
                    }

                    return true;
                }

                timeoutMs = _posted.Count > 0 ? 0 : -1;
                _isWaiting = true;
            }

            int fetched = _events.Wait(_epoll, timeoutMs);
            lock (_gate)
            {
                _isWaiting = false;
                _isWoken = false;
                _fetched = fetched;
                _taken = 0;
                _postedTurns = _posted.Count;
            }
        }
    }

    /// <summary>Lets who waits to follow take the lead, or a new thread; false where there is none, and the lead stays
    /// where it is.</summary>
    private bool TryGiveLeadAway()
    {
        if (_isDisposed || (_followers == 0 && (_threads >= MaxThreads || !TryStartThread())))
        {
            return false;
        }

        _leader = null;
        Monitor.Pulse(_gate);
        return true;
    }

    /// <summary>Returns when the thread leads; false where it is not needed any more. Whatever it was in has ended.
    /// </summary>
    private bool TryLead()
    {
        if (_leader != Thread.CurrentThread)
        {
            _heldUp.Remove(Thread.CurrentThread);
        }

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

    private bool TryTakeEvent(out EpollConnection? connection, out Readiness readiness)
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

        connection = null;
        readiness = Readiness.None;
        return false;
    }

    /// <summary>Takes what was posted before the last events were fetched: what is posted meanwhile comes after the
    /// next ones.</summary>
    private bool TryTakePosted(out Action? posted)
    {
        posted = null;
        return _postedTurns-- > 0 && _posted.TryDequeue(out posted);
    }

    private void Free(int slot)
    {
        _slots[slot] = null;
        _freeSlots.Push(slot);
    }
}
