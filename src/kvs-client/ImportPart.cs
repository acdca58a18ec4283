using System.Net;
using Kvs.Client;

namespace Kvs.ClientProgram;

/// <summary>Takes an answer that has come for a line.</summary>
internal delegate void ImportReplyHandler(ImportPart part, in KvsReply reply, long line);

/// <summary>What of an import goes to one server. For one thread.</summary>
internal sealed class ImportPart : IDisposable
{
    // The line of each request in flight, by the request's index: one place more than requests can be in flight.
    private readonly long[] _lines;
    private readonly KvsPipeline? _pipeline;
    private bool _isLost;

    /// <summary>Connects; where that fails, it is this part's <see cref="Failure"/>.</summary>
    internal ImportPart(EndPoint server, KvsClientOptions options, ImportReplyHandler handler)
    {
        _lines = new long[options.MaxInFlight + 1];
        try
        {
            _pipeline = KvsPipeline.Connect(
                server,
                (in KvsReply reply) => handler(this, reply, _lines[reply.Index % _lines.Length]),
                options);
        }
        catch (KvsException error)
        {
            Fail(error.Message);
        }
    }

    /// <summary>Why the server takes nothing more; null while it does.</summary>
    internal string? Failure { get; private set; }

    /// <summary>Lines that the server has not got, or of which nobody knows.</summary>
    internal long Missed { get; private set; }

    /// <summary>The first of them.</summary>
    internal long FirstMissed { get; private set; }

    /// <summary>Has an entry stored, or counts it among the missed.</summary>
    /// <exception cref="KvsLimitException">It is beyond the server's limits.</exception>
    internal void Set(KvsEntry entry, long line)
    {
        if (Failure is not null)
        {
            Miss(line);
            return;
        }

        long requested = _pipeline!.Requested;
        _lines[requested % _lines.Length] = line;
        try
        {
            _pipeline.Set(entry.Key.Span, entry.Value.Span);
        }
        catch (KvsConnectionException error)
        {
            Lose(error);
            if (_pipeline.Requested == requested)
            {
                Miss(line);
            }
        }
    }

    /// <summary>Returns when every line is answered for.</summary>
    internal void Flush()
    {
        if (_pipeline is null || _isLost)
        {
            return;
        }

        try
        {
            _pipeline.Flush();
        }
        catch (KvsConnectionException error)
        {
            Lose(error);
        }
    }

    /// <summary>The server takes nothing more.</summary>
    internal void Fail(string why) => Failure ??= why;

    /// <summary>The server has not got a line, or nobody knows.</summary>
    internal void Miss(long line)
    {
        FirstMissed = Missed++ == 0 ? line : Math.Min(FirstMissed, line);
    }

    public void Dispose() => _pipeline?.Dispose();

    /// <summary>The connection is gone, and with it the answers to what is in flight.</summary>
    private void Lose(KvsConnectionException error)
    {
        _isLost = true;
        Fail(error.Message);
        for (long index = _pipeline!.Answered; index < _pipeline.Requested; index++)
        {
            Miss(_lines[index % _lines.Length]);
        }
    }
}
