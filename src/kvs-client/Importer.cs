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
    private readonly List<ImportPart> _parts = [];
    private readonly LineReader _reader;
    private readonly bool _skipBad;

    private long _lastStoredLine;
    private string? _firstBad;
    private string? _stopped;

    /// <param name="servers">The servers' addresses.</param>
    /// <param name="options">How they are connected to.</param>
    /// <param name="stream">The lines.</param>
    /// <param name="skipBad">Whether a bad line is counted and left out, instead of ending the import.</param>
    /// <exception cref="ProgramException">No server can be connected to. Where some can, they get their part.
    /// </exception>
    public Importer(IEnumerable<EndPoint> servers, KvsClientOptions options, Stream stream, bool skipBad)
    {
        _reader = new LineReader(stream);
        _skipBad = skipBad;
        foreach (EndPoint server in servers)
        {
            _parts.Add(new ImportPart(server, options, TakeReply));
        }

        if (_parts.TrueForAll(static part => part.Failure is not null))
        {
            throw new ProgramException(DescribeFailures());
        }
    }

    /// <summary>Lines that the server has acknowledged.</summary>
    public long Stored { get; private set; }

    /// <summary>Lines that were left out.</summary>
    public long Skipped { get; private set; }

    /// <summary>The first line that was left out, and why; null where there is none.</summary>
    public string? FirstSkipped => _firstBad;

    /// <summary>Imports to the end. A server that fails costs the others nothing.</summary>
    /// <exception cref="ProgramException">A bad line or the last server's death ended the import, or a server has not
    /// got its part; the message says how many lines are stored.</exception>
    public void Run(TerminalProgress progress)
    {
        bool isEarly = false;
        while (!isEarly && TryReadLine(out ReadOnlyMemory<byte> line))
        {
            Store(line.Span);
            progress.Report(_reader.BytesRead);
            isEarly = _stopped is not null || _parts.TrueForAll(static part => part.Failure is not null);
        }

        _parts.ForEach(static part => part.Flush());
        if (_stopped is not null || _parts.Exists(static part => part.Failure is not null))
        {
            throw new ProgramException(DescribeEnd(isEarly));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _parts.ForEach(static part => part.Dispose());

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

    private void TakeReply(ImportPart part, in KvsReply reply, long line)
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
            part.Fail($"Line {line} could not be stored: {reply.Message}");
            part.Miss(line);
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

    private string DescribeFailures() => string.Join(
        Environment.NewLine, _parts.Select(static part => part.Failure).Where(static failure => failure is not null));

    private string DescribeEnd(bool isEarly)
    {
        string why = string.Join(
            Environment.NewLine,
            ((string?[])[_stopped, DescribeFailures()]).Where(static text => !string.IsNullOrEmpty(text)));
        string early = isEarly || _stopped is not null || _parts.Count == 1 ? "The import ended early. " : "";

        // Of several servers, each has its own last one.
        string last = Stored == 0 || _parts.Count > 1 ? "" : $", the last of them line {_lastStoredLine}";
        string skipped = Skipped == 0 ? "" : $" {Skipped} bad lines were skipped.";
        return $"{why}{Environment.NewLine}{early}" +
            $"{Stored} lines are stored and acknowledged{last}.{DescribeMissed()}{skipped}";
    }

    /// <summary>What the servers that failed have not got. Where there is but one, that is all that follows.</summary>
    private string DescribeMissed()
    {
        long missed = _parts.Sum(static part => part.Missed);
        return missed == 0 || _parts.Count == 1
            ? ""
            : $" {missed} lines are not, or nobody knows; the first of them is line " +
              $"{_parts.Where(static part => part.Missed > 0).Min(static part => part.FirstMissed)}. Import the file " +
              "again when all servers are there: what is stored already is stored once more.";
    }
}
