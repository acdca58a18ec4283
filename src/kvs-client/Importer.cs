using System.Net;
using Kvs.Client;
using Kvs.ClientProgram.JsonLines;
using Kvs.CommandLine;
using Kvs.Protocol.Binary;

namespace Kvs.ClientProgram;

/// <summary>Stores the lines of an export on a server, many at a time and in their order. For one thread, once.
/// </summary>
internal sealed class Importer : IDisposable
{
    private readonly KvsPipeline _pipeline;
    private readonly LineReader _reader;
    private readonly bool _skipBad;

    // The line of each request in flight, by the request's index: one place more than requests can be in flight.
    private readonly long[] _lines;
    private long _lastStoredLine;
    private string? _firstBad;
    private string? _stopped;

    /// <param name="server">The server's address.</param>
    /// <param name="stream">The lines.</param>
    /// <param name="skipBad">Whether a bad line is counted and left out, instead of ending the import.</param>
    public Importer(IPEndPoint server, Stream stream, bool skipBad)
    {
        var options = new KvsClientOptions();
        _lines = new long[options.MaxInFlight + 1];
        _reader = new LineReader(stream);
        _skipBad = skipBad;
        _pipeline = KvsPipeline.Connect(server, TakeReply, options);
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

            _pipeline.Flush();
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
    public void Dispose() => _pipeline.Dispose();

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
            _lines[_pipeline.Requested % _lines.Length] = _reader.LineNumber;
            _pipeline.Set(entry.Key.Span, entry.Value.Span);
        }
        catch (Exception exception) when (exception is BadLineException or KvsLimitException)
        {
            TakeBad(_reader.LineNumber, exception.Message.TrimEnd('.'));
        }
    }

    private void TakeReply(in KvsReply reply)
    {
        long line = _lines[reply.Index % _lines.Length];
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
        string last = Stored == 0 ? string.Empty : $", the last of them line {_lastStoredLine}";
        string skipped = Skipped == 0 ? string.Empty : $" {Skipped} bad lines were skipped.";
        return new ProgramException(
            $"{why}{Environment.NewLine}The import ended early. " +
            $"{Stored} lines are stored and acknowledged{last}.{skipped}", inner);
    }
}
