using System.Diagnostics;

namespace Kvs.Server.Monitoring;

/// <summary>
/// Counts what the connections of a server do.
/// </summary>
/// <remarks>
/// <para>Any thread may call any member. What happens in every round is counted once for all of the round's requests,
/// and in a cell of the processor that counts: a word that all processors write would cost each of them more than a
/// request. A sum over the cells is as true as it can be of a moment that nobody stops.</para>
/// <para>The clock is looked at only while somebody listens to the times of rounds.</para>
/// </remarks>
internal sealed class ServerFigures : IDisposable
{
    /// <summary>How far the counters of two processors lie apart, in counters: processors fetch memory by two lines.
    /// </summary>
    private const int CellCounters = 16;

    private const int RoundsCounter = 0;
    private const int RequestsCounter = 1;
    private const int ReceivedCounter = 2;
    private const int SentCounter = 3;

    private readonly long[] _cells = new long[CellCounters * (Environment.ProcessorCount + 1)];
    private KeyValuePair<string, object?> _tag;
    private bool _isPublished;
    private long _connections;
    private long _accepted;
    private long _refused;
    private long _timedOut;
    private long _strayed;
    private long _failed;

    /// <summary>Connections that are there now, without those that were refused.</summary>
    internal long Connections => Interlocked.Read(ref _connections);

    internal long Accepted => Interlocked.Read(ref _accepted);

    internal long Refused => Interlocked.Read(ref _refused);

    internal long TimedOut => Interlocked.Read(ref _timedOut);

    internal long Strayed => Interlocked.Read(ref _strayed);

    internal long Failed => Interlocked.Read(ref _failed);

    internal long Rounds => Sum(RoundsCounter);

    internal long Requests => Sum(RequestsCounter);

    internal long ReceivedBytes => Sum(ReceivedCounter);

    internal long SentBytes => Sum(SentCounter);

    /// <summary>By which those who collect know this server.</summary>
    internal KeyValuePair<string, object?> Tag => _tag;

    /// <summary>Shows the figures under the meter <c>Kvs</c> from now on.</summary>
    /// <param name="server">By which name.</param>
    internal void Publish(string server)
    {
        _tag = new KeyValuePair<string, object?>("server", server);
        Volatile.Write(ref _isPublished, true);
        ServerMeter.Add(this);
    }

    internal void ConnectionAccepted()
    {
        _ = Interlocked.Increment(ref _accepted);
        _ = Interlocked.Increment(ref _connections);
    }

    internal void ConnectionEnded() => Interlocked.Decrement(ref _connections);

    internal void ConnectionRefused() => Interlocked.Increment(ref _refused);

    /// <summary>A client was too slow, or idle for too long.</summary>
    internal void ConnectionTimedOut() => Interlocked.Increment(ref _timedOut);

    /// <summary>A client spoke no protocol of this server.</summary>
    internal void ConnectionStrayed() => Interlocked.Increment(ref _strayed);

    /// <summary>A request failed in a way that nobody foresaw.</summary>
    internal void RequestFailed() => Interlocked.Increment(ref _failed);

    /// <summary>What <see cref="RoundEnded"/> takes for the moment of now.</summary>
    internal static long Now() => ServerMeter.RoundDuration.Enabled ? Stopwatch.GetTimestamp() : 0;

    /// <summary>A round of a connection is over: its requests were executed, its replies are about to leave.</summary>
    /// <param name="beganAt">When its bytes had come (<see cref="Now"/>).</param>
    /// <param name="requests">How many were executed; may be 0, when a part of one has come.</param>
    /// <param name="receivedBytes">Bytes that were taken off the input.</param>
    /// <param name="sentBytes">Bytes of replies.</param>
    internal void RoundEnded(long beganAt, long requests, long receivedBytes, long sentBytes)
    {
        // The first cell is left empty: it shares a line with the array's header, which all processors read.
        int processor = Thread.GetCurrentProcessorId() % Environment.ProcessorCount;
        Span<long> cell = _cells.AsSpan((processor + 1) * CellCounters, CellCounters);
        _ = Interlocked.Add(ref cell[ReceivedCounter], receivedBytes);
        _ = Interlocked.Add(ref cell[SentCounter], sentBytes);
        if (requests == 0)
        {
            return;
        }

        _ = Interlocked.Increment(ref cell[RoundsCounter]);
        _ = Interlocked.Add(ref cell[RequestsCounter], requests);
        if (beganAt != 0 && Volatile.Read(ref _isPublished))
        {
            ServerMeter.RoundDuration.Record(Stopwatch.GetElapsedTime(beganAt).TotalSeconds, _tag);
        }
    }

    public void Dispose() => ServerMeter.Remove(this);

    private long Sum(int counter)
    {
        long sum = 0;
        for (int at = CellCounters + counter; at < _cells.Length; at += CellCounters)
        {
            sum += Volatile.Read(ref _cells[at]);
        }

        return sum;
    }
}
