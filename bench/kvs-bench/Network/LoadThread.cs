using System.Diagnostics;
using Kvs.Bench.Measures;
using Kvs.Bench.Workloads;
using Kvs.CommandLine;

namespace Kvs.Bench.Network;

/// <summary>Makes load over the network: one thread, many connections.</summary>
/// <remarks>Allocates nothing while it runs.</remarks>
internal sealed class LoadThread : IPartWorker
{
    private const long NsPerSecond = 1_000_000_000;

    /// <summary>How often it looks whether to stop, at least.</summary>
    private const long MaxWaitNs = 50_000_000;

    /// <summary>A server that answers nothing for so long has hung.</summary>
    private const long MaxSilenceNs = 60 * NsPerSecond;

    private readonly PartSettings _part;
    private readonly int _thread;
    private readonly LoadTally _tally;
    private readonly List<LoadConnection> _connections = [];
    private readonly ReadySet _ready;
    private readonly bool[] _mustSend;
    private readonly int[] _toSend;
    private int _toSendCount;
    private int _nextConnection;

    /// <summary>Connects one thread's share of all connections.</summary>
    /// <param name="part">What is done.</param>
    /// <param name="thread">Which thread this is.</param>
    /// <param name="target">Who is talked to.</param>
    internal LoadThread(PartSettings part, int thread, LoadTarget target)
    {
        _part = part;
        _thread = thread;
        _tally = new LoadTally(part.ValuePattern, target.Addresses.Count);
        _ready = new ReadySet(isExact: part.Rate is not null);
        try
        {
            for (int seat = thread; seat < target.Clients; seat += part.Threads)
            {
                Connect(target, seat);
            }
        }
        catch
        {
            Dispose();
            throw;
        }

        _mustSend = new bool[_connections.Count];
        _toSend = new int[_connections.Count];
    }

    /// <inheritdoc/>
    public LatencyHistogram Gets => _tally.Gets;

    /// <inheritdoc/>
    public LatencyHistogram Sets => _tally.Sets;

    /// <inheritdoc/>
    public LatencyHistogram Both => _tally.Both;

    /// <inheritdoc/>
    public long ValueBytes => _tally.ValueBytes;

    /// <inheritdoc/>
    public long NotBegun { get; private set; }

    /// <inheritdoc/>
    public long Errors => _tally.Checked.Errors;

    /// <inheritdoc/>
    public string? FirstError => _tally.Checked.FirstError;

    /// <inheritdoc/>
    public long OperationsAt(int server) => _tally.OperationsAt(server);

    /// <inheritdoc/>
    public void Run(RunClock clock)
    {
        if (_part.Rate is { } rate)
        {
            RunAtRate(clock, new Schedule(clock.Begin, rate / _part.Batch, _thread, _part.Threads));
        }
        else
        {
            RunFreely(clock);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _connections.ForEach(connection => connection.Dispose());
        _ready.Dispose();
    }

    private void Connect(LoadTarget target, int seat)
    {
        int shard = seat % target.Addresses.Count;
        var place = new SourcePlace(seat, target.Clients, shard, target.Addresses.Count);
        WireProtocol protocol = target.CreateProtocol(_part);
        var ring = new RequestRing(_part, place, protocol.MixesKinds, target.InFlight, _tally);
        var connection = new LoadConnection(target.Addresses[shard], protocol, ring, target.InFlight, _part.Batch);
        _ready.Add(connection.Socket, _connections.Count);
        _connections.Add(connection);
    }

    /// <summary>Begins a request when one before it on its connection is answered.</summary>
    private void RunFreely(RunClock clock)
    {
        long now = Stopwatch.GetTimestamp();
        foreach (LoadConnection connection in _connections)
        {
            connection.Refill(now);
        }

        long lastAnswer = now;
        while (_tally.Outstanding > 0)
        {
            bool isAny = _ready.Wait(MaxWaitNs);
            now = Stopwatch.GetTimestamp();
            lastAnswer = isAny ? now : lastAnswer;
            ThrowIfSilent(now - lastAnswer);
            bool isOver = now >= clock.Deadline || clock.IsStopped;
            while (_ready.TryNext(out int index, out bool isReadable))
            {
                LoadConnection connection = _connections[index];
                if (isReadable)
                {
                    connection.Receive(now);
                }

                if (isOver)
                {
                    connection.Send();
                }
                else
                {
                    connection.Refill(now);
                }
            }
        }
    }

    /// <summary>Begins each request at its time, or as soon after it as a connection has room; its latency counts from
    /// its time.</summary>
    private void RunAtRate(RunClock clock, Schedule schedule)
    {
        long lastAnswer = clock.Begin;
        while (true)
        {
            long now = Stopwatch.GetTimestamp();
            bool isOver = now >= clock.Deadline || clock.IsStopped;
            bool isFull = !isOver && !BeginDue(ref schedule, Math.Min(now, clock.Deadline - 1));
            if (isOver && NotBegun == 0)
            {
                NotBegun = schedule.CountUntil(Math.Min(now, clock.Deadline)) * _part.Batch;
            }

            if (isOver && _tally.Outstanding == 0)
            {
                return;
            }

            long waitNs = isOver || isFull ? MaxWaitNs : Math.Clamp(schedule.Next - now, 0, MaxWaitNs);
            bool isAny = _ready.Wait(waitNs);
            now = Stopwatch.GetTimestamp();
            lastAnswer = isAny || _tally.Outstanding == 0 ? now : lastAnswer;
            ThrowIfSilent(now - lastAnswer);
            while (_ready.TryNext(out int index, out bool isReadable))
            {
                if (isReadable)
                {
                    _connections[index].Receive(now);
                }

                _connections[index].Send();
            }
        }
    }

    /// <summary>Begins all requests whose time has come; false when no connection has room for the next.</summary>
    private bool BeginDue(ref Schedule schedule, long now)
    {
        bool hasRoom = true;
        while (hasRoom && schedule.Next <= now)
        {
            hasRoom = TryFindRoom(out int index);
            if (hasRoom)
            {
                _connections[index].Begin(schedule.Next);
                schedule.Advance();
                NoteToSend(index);
            }
        }

        for (int i = 0; i < _toSendCount; i++)
        {
            _mustSend[_toSend[i]] = false;
            _connections[_toSend[i]].Send();
        }

        _toSendCount = 0;
        return hasRoom;
    }

    private bool TryFindRoom(out int index)
    {
        for (int i = 0; i < _connections.Count; i++)
        {
            index = _nextConnection;
            _nextConnection = (_nextConnection + 1) % _connections.Count;
            if (_connections[index].HasRoom)
            {
                return true;
            }
        }

        index = 0;
        return false;
    }

    private void NoteToSend(int index)
    {
        if (!_mustSend[index])
        {
            _mustSend[index] = true;
            _toSend[_toSendCount++] = index;
        }
    }

    private static void ThrowIfSilent(long silenceNs)
    {
        if (silenceNs > MaxSilenceNs)
        {
            throw new ProgramException(
                $"The server has not answered anything for {MaxSilenceNs / NsPerSecond} s: the run ends here.");
        }
    }
}
