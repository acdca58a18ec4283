using System.IO.Pipelines;
using Kvs.Protocol.Binary;

namespace Kvs.Server.Sessions;

/// <summary>What each operation of the binary protocol does to the engine, and what it answers.</summary>
internal sealed class BinaryOperations(ServerContext context)
{
    /// <summary>Room asked for before a value's length is known, in bytes: most values fit and are looked up once;
    /// little enough that the ends of blocks left empty do not matter.</summary>
    private const int GuessedValueBytes = 512;

    private readonly IKvsEngine _engine = context.Engine;

    /// <summary>Executes a request and writes its reply. What the engine refuses or cannot do is a reply as well; any
    /// other exception leaves the output without one.</summary>
    internal void Execute(in Frame frame, PipeWriter output)
    {
        uint id = frame.Header.RequestId;
        if (frame.Header.Flags != 0)
        {
            // Every flag stands for something that the client relies on: what cannot be honoured is not done.
            WriteError(output, id, ReplyStatus.UnknownFlag, $"The flags 0x{frame.Header.Flags:X4} are unknown.");
            return;
        }

        try
        {
            Dispatch((Operation)frame.Header.Code, id, frame.Body, output);
        }
        catch (KvsLimitException error)
        {
            WriteError(output, id, ReplyStatus.LimitExceeded, error.Message);
        }
        catch (KvsWriteException error)
        {
            WriteError(
                output, id, error.IsFinal ? ReplyStatus.WritesStopped : ReplyStatus.WriteFailed, error.Message);
        }
        catch (KvsDamageException error)
        {
            WriteError(output, id, ReplyStatus.Damaged, error.Message);
        }
    }

    private void Dispatch(Operation operation, uint id, ReadOnlySpan<byte> body, PipeWriter output)
    {
        switch (operation)
        {
            case Operation.Get:
                Get(id, body, output);
                break;
            case Operation.Set:
                Set(id, body, output);
                break;
            case Operation.Remove:
                WriteFound(output, id, _engine.Remove(body));
                break;
            case Operation.Scan:
                Scan(id, body, output);
                break;
            case Operation.Ping when body.IsEmpty:
                ReplyWriter.WriteEmpty(output, id, ReplyStatus.Ok);
                break;
            case Operation.Stats when body.IsEmpty:
                ReplyWriter.WriteStats(output, id, context.DescribeStatistics());
                break;
            case Operation.Ping or Operation.Stats:
                WriteMalformed(output, id, operation);
                break;
            default:
                WriteError(
                    output, id, ReplyStatus.UnknownOperation, $"The operation 0x{(byte)operation:X2} is unknown.");
                break;
        }
    }

    /// <summary>The value goes from the engine into the output's own memory: behind room for the header, which is
    /// written once the length is known.</summary>
    private void Get(uint id, ReadOnlySpan<byte> key, PipeWriter output)
    {
        Span<byte> frame = output.GetSpan(BinaryProtocol.HeaderBytes + GuessedValueBytes);
        while (_engine.TryGet(key, frame[BinaryProtocol.HeaderBytes..], out int valueBytes))
        {
            int frameBytes = BinaryProtocol.HeaderBytes + valueBytes;
            if (frameBytes <= frame.Length)
            {
                ReplyWriter.WriteValueHeader(frame, id, valueBytes);
                output.Advance(frameBytes);
                return;
            }

            // Another client may set a longer one before the next look; then once more.
            frame = output.GetSpan(frameBytes);
        }

        ReplyWriter.WriteEmpty(output, id, ReplyStatus.NotFound);
    }

    private void Set(uint id, ReadOnlySpan<byte> body, PipeWriter output)
    {
        if (!RequestReader.TryReadSet(body, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value))
        {
            WriteMalformed(output, id, Operation.Set);
            return;
        }

        _engine.Set(key, value);
        ReplyWriter.WriteEmpty(output, id, ReplyStatus.Ok);
    }

    private void Scan(uint id, ReadOnlySpan<byte> body, PipeWriter output)
    {
        if (!RequestReader.TryReadScan(body, out ulong cursor, out uint maxEntries, out uint maxBytes))
        {
            WriteMalformed(output, id, Operation.Scan);
            return;
        }

        int entries = (int)Math.Min(maxEntries, BinaryProtocol.MaxScanEntries);
        ScanPage page = _engine.Scan(cursor, entries, Math.Min(maxBytes, BinaryProtocol.MaxScanBytes));
        ReplyWriter.WriteScan(output, id, page);
    }

    private static void WriteFound(PipeWriter output, uint id, bool isFound) =>
        ReplyWriter.WriteEmpty(output, id, isFound ? ReplyStatus.Ok : ReplyStatus.NotFound);

    private static void WriteMalformed(PipeWriter output, uint id, Operation operation) =>
        WriteError(output, id, ReplyStatus.MalformedBody, $"The body is not that of the operation {operation}.");

    private static void WriteError(PipeWriter output, uint id, ReplyStatus status, string message) =>
        ReplyWriter.WriteError(output, id, status, ReplyFlags.None, message);
}
