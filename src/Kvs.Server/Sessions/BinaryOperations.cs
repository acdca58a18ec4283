using System.Buffers;
using Kvs.Protocol.Binary;
using Kvs.Server.Connections;

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
    internal void Execute(in Frame frame, ReplyBuffer output)
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
            WriteFailed(id, error, output);
        }
        catch (KvsDamageException error)
        {
            WriteError(output, id, ReplyStatus.Damaged, error.Message);
        }
    }

    private void Dispatch(Operation operation, uint id, ReadOnlySpan<byte> body, ReplyBuffer output)
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
                Remove(id, body, output);
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
    private void Get(uint id, ReadOnlySpan<byte> key, ReplyBuffer output)
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

    private void Set(uint id, ReadOnlySpan<byte> body, ReplyBuffer output)
    {
        if (!RequestReader.TryReadSet(body, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value))
        {
            WriteMalformed(output, id, Operation.Set);
            return;
        }

        _ = _engine.TrySet(key, value, context.UnsyncedWrite);
        WriteDone(id, isFound: true, output);
    }

    private void Remove(uint id, ReadOnlySpan<byte> key, ReplyBuffer output) =>
        WriteDone(id, _engine.TryRemove(key, context.UnsyncedWrite).IsDone, output);

    /// <summary>Answers a write that was made.</summary>
    private void WriteDone(uint id, bool isFound, ReplyBuffer output)
    {
        ReplyStatus status = isFound ? ReplyStatus.Ok : ReplyStatus.NotFound;
        if (context.SyncsBeforeReplying)
        {
            output.BeginHeld(id);
            ReplyWriter.WriteEmpty(output, id, status);
            output.EndHeld();
        }
        else
        {
            ReplyWriter.WriteEmpty(output, id, status);
        }
    }

    private void Scan(uint id, ReadOnlySpan<byte> body, ReplyBuffer output)
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

    private static void WriteMalformed(ReplyBuffer output, uint id, Operation operation) =>
        WriteError(output, id, ReplyStatus.MalformedBody, $"The body is not that of the operation {operation}.");

    /// <summary>Answers a write that was not made, or not made durable.</summary>
    internal static void WriteFailed(uint id, KvsWriteException error, IBufferWriter<byte> output) =>
        WriteError(output, id, error.IsFinal ? ReplyStatus.WritesStopped : ReplyStatus.WriteFailed, error.Message);

    private static void WriteError(IBufferWriter<byte> output, uint id, ReplyStatus status, string message) =>
        ReplyWriter.WriteError(output, id, status, ReplyFlags.None, message);
}
