using System.Net;
using Kvs.Client;
using Kvs.ClientProgram.JsonLines;
using Kvs.CommandLine;
using Kvs.Protocol.Binary;

namespace Kvs.ClientProgram;

/// <summary>Stores the lines of an export on a server, many at a time and in their order, or on several, each its part.
/// For one thread, once.</summary>
internal sealed class Importer : IDisposable
{
    private readonly List<Part> _parts = [];
    private readonly LineReader _reader;
    private readonly bool _skipBad;

    private long _lastStoredLine;
    private string? _firstBad;
    private string? _stopped;

    /// <param name="servers">The servers' addresses.</param>
    /// <param name="options">How they are connected to.</param>
    /// <param name="stream">The lines.</param>
    /// <param name="skipBad">Whether a bad line is counted and left out, instead of ending the import.</param>
    public Importer(IEnumerable<EndPoint> servers, KvsClientOptions options, Stream stream, bool skipBad)
    {
        _reader = new LineReader(stream);
        _skipBad = skipBad;
        try
        {
            foreach (EndPoint server in servers)
            {
                _parts.Add(new Part(this, server, options));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Lines that the server has acknowledged.</summary>
    public long Stored { get; private set; }

    /// <summary>Lines that were left out.</summary>
    public long Skipped { get; private set; }

    /// <summary>The first line that was left out, and why; null where there is none.</summary>
    public string? FirstSkipped => _firstBad;

    /// <summary>Imports to the end.</summary>
    /// <exception cref="ProgramException">A bad line or the death of the connection ended the import; the message says
    /// how many lines are stored.</exception>
    public void Run(TerminalProgress progress)
    {
        try
        {
            while (_stopped is null && TryReadLine(out ReadOnlyMemory<byte> line))
            {
                Store(line.Span);
                progress.Report(_reader.BytesRead);
            }

            _parts.ForEach(static part => part.Pipeline.Flush());
        }
        catch (KvsConnectionException exception)
        {
            throw Ended(exception.Message, exception);
        }

        if (_stopped is not null)
        {
            throw Ended(_stopped, null);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _parts.ForEach(static part => part.Pipeline.Dispose());

    private bool TryReadLine(out ReadOnlyMemory<byte> line)
    {
        while (true)
        {
            try
            {
                return _reader.TryRead(out line);
            }
            catch (BadLineException exception)
            {
                TakeBad(_reader.LineNumber, exception.Message);
                line = default;
                if (_stopped is not null)
                {
                    return false;
                }
            }
        }
    }

    private void Store(ReadOnlySpan<byte> line)
    {
        if (line.Trim(" \t\r"u8).IsEmpty)
        {
            return;
        }

        try
        {
            KvsEntry entry = JsonLine.Parse(line);
            _parts[SlotMap.OwnerOf(entry.Key.Span, _parts.Count)].Set(entry, _reader.LineNumber);
        }
        catch (Exception exception) when (exception is BadLineException or KvsLimitException)
        {
            TakeBad(_reader.LineNumber, exception.Message.TrimEnd('.'));
        }
    }

    private void TakeReply(in KvsReply reply, long line)
    {
        if (!reply.IsError)
        {
            Stored++;
            _lastStoredLine = line;
        }
        else if (reply.Status == ReplyStatus.LimitExceeded)
        {
            TakeBad(line, reply.Message.TrimEnd('.'));
        }
        else
        {
            // The line is good, and the server cannot take it: nor will it take the next.
            _stopped ??= $"Line {line} could not be stored: {reply.Message}";
        }
    }

    private void TakeBad(long line, string why)
    {
        string bad = $"line {line} is bad: {why}";
        if (_skipBad)
        {
            Skipped++;
            _firstBad ??= bad;
        }
        else
        {
            _stopped ??= $"L{bad[1..]}. With --skip-bad, bad lines are counted and left out.";
        }
    }

    private ProgramException Ended(string why, Exception? inner)
    {
        // Of several servers, each has its own last one.
        string last = Stored == 0 || _parts.Count > 1 ? string.Empty : $", the last of them line {_lastStoredLine}";
        string skipped = Skipped == 0 ? string.Empty : $" {Skipped} bad lines were skipped.";
        return new ProgramException(
            $"{why}{Environment.NewLine}The import ended early. " +
            $"{Stored} lines are stored and acknowledged{last}.{skipped}", inner);
    }

    /// <summary>What goes to one server.</summary>
    private sealed class Part
    {
        // The line of each request in flight, by the request's index: one place more than requests can be in flight.
        private readonly long[] _lines;

        internal Part(Importer importer, EndPoint server, KvsClientOptions options)
        {
            _lines = new long[options.MaxInFlight + 1];
            Pipeline = KvsPipeline.Connect(
                server,
                (in KvsReply reply) => importer.TakeReply(reply, _lines[reply.Index % _lines.Length]),
                options);
        }

        internal KvsPipeline Pipeline { get; }

        internal void Set(KvsEntry entry, long line)
        {
            _lines[Pipeline.Requested % _lines.Length] = line;
            Pipeline.Set(entry.Key.Span, entry.Value.Span);
        }
    }
}
