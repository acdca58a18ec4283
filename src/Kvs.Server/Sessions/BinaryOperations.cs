using Kvs.Protocol.Binary;
using Kvs.Server.Connections;

namespace Kvs.Server.Sessions;

/// <summary>What each operation of the binary protocol that has a request of its own does to the engine, and what it
/// answers.</summary>
internal sealed class BinaryOperations(ServerContext context, BinaryWrites writes)
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
        ReadOnlySpan<byte> body = frame.Body;
        if (!TryReadFields(frame.Header, ref body, output, out RequestFields fields))
        {
            return;
        }

        try
        {
            Dispatch((Operation)frame.Header.Code, id, fields, body, output);
        }
        catch (Exception error) when (BinaryAnswer.To(error) is { } answer)
        {
            WriteAnswer(id, answer, output);
        }
    }

    /// <summary>Takes the fields off the front of a request's body. Where one of them cannot be honoured, the request
    /// is answered so and not executed.</summary>
    internal static bool TryReadFields(
        in FrameHeader header, scoped ref ReadOnlySpan<byte> body, ReplyBuffer output, out RequestFields fields)
    {
        var flags = (RequestFlags)header.Flags;
        RequestFlags unknown = flags & ~BinaryProtocol.FlagsOf((Operation)header.Code);
        if (unknown != RequestFlags.None)
        {
            // Every flag stands for something that the client relies on: what cannot be honoured is not done.
            fields = default;
            WriteError(
                output, header.RequestId, ReplyStatus.UnknownFlag,
                $"The flags 0x{(ushort)unknown:X4} are none of the operation {(Operation)header.Code}.");
            return false;
        }

        if (!RequestFields.TryRead(flags, ref body, out fields))
        {
            WriteMalformed(output, header.RequestId, (Operation)header.Code);
            return false;
        }

        return true;
    }

    private void Dispatch(
        Operation operation, uint id, in RequestFields fields, ReadOnlySpan<byte> body, ReplyBuffer output)
    {
        switch (operation)
        {
            case Operation.Get when fields.Flags == RequestFlags.None:
                Get(id, body, output);
                break;
            case Operation.Get:
                GetWithInfo(id, body, output);
                break;
            case Operation.Set:
                Set(id, fields, body, output);
                break;
            case Operation.Remove:
                WriteDone(id, writes.Remove(body, fields), fields, output);
                break;
            case Operation.Increment:
                Increment(id, fields, body, output);
                break;
            case Operation.AtomicBatch:
                Write(id, fields, body, output);
                break;
            case Operation.Scan:
                Scan(id, fields, body, output);
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

    /// <summary>As <see cref="Get"/>, with version and expiry in front of the value.</summary>
    private void GetWithInfo(uint id, ReadOnlySpan<byte> key, ReplyBuffer output)
    {
        const int headBytes = BinaryProtocol.HeaderBytes + ReplyWriter.InfoBytes;
        Span<byte> frame = output.GetSpan(headBytes + GuessedValueBytes);
        while (_engine.TryRead(key, frame[headBytes..], out ValueInfo info))
        {
            int frameBytes = headBytes + info.Bytes;
            if (frameBytes <= frame.Length)
            {
                ReplyWriter.WriteValueHeader(frame, id, ReplyWriter.InfoBytes + info.Bytes);
                ReplyWriter.WriteInfo(frame[BinaryProtocol.HeaderBytes..], info);
                output.Advance(frameBytes);
                return;
            }

            frame = output.GetSpan(frameBytes);
        }

        ReplyWriter.WriteEmpty(output, id, ReplyStatus.NotFound);
    }

    private void Set(uint id, in RequestFields fields, ReadOnlySpan<byte> body, ReplyBuffer output)
    {
        if (!RequestReader.TryReadSet(body, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value))
        {
            WriteMalformed(output, id, Operation.Set);
            return;
        }

        WriteDone(id, writes.Set(key, value, fields), fields, output);
    }

    private void Increment(uint id, in RequestFields fields, ReadOnlySpan<byte> body, ReplyBuffer output)
    {
        if (!RequestReader.TryReadIncrement(body, out long delta, out ReadOnlySpan<byte> key))
        {
            WriteMalformed(output, id, Operation.Increment);
            return;
        }

        WriteDone(id, writes.Increment(key, delta, fields), fields, output);
    }

    /// <summary>Makes a batch as one.</summary>
    private void Write(uint id, in RequestFields fields, ReadOnlySpan<byte> body, ReplyBuffer output)
    {
        if (body.Length > Limits.MaxBatchBytes)
        {
            // Before it is copied: the engine counts more for it than this.
            WriteError(
                output, id, ReplyStatus.LimitExceeded,
                $"The batch has {body.Length} bytes; the limit is {Limits.MaxBatchBytes} bytes.");
            return;
        }

        var batch = new WriteBatch();
        if (TryRead(body, batch))
        {
            WriteDone(id, writes.Write(batch, fields), fields, output);
        }
        else
        {
            WriteMalformed(output, id, Operation.AtomicBatch);
        }
    }

    /// <summary>Reads the operations of a batch that is made as one: sets that may expire at a moment, removes and
    /// requirements.</summary>
    private static bool TryRead(ReadOnlySpan<byte> body, WriteBatch batch)
    {
        int at = 0;
        while (at < body.Length)
        {
            if (!BatchItem.TryRead(body, ref at, out BatchItem item))
            {
                return false;
            }

            switch (item.Operation)
            {
                case Operation.Set when item.Fields.Flags == RequestFlags.ExpiresAt:
                    batch.Set(item.KeyIn(body), item.ValueIn(body), BinaryWrites.Moment(item.Fields.ExpiryMs));
                    break;
                case Operation.Set when item.Fields.Flags == RequestFlags.None:
                    batch.Set(item.KeyIn(body), item.ValueIn(body));
                    break;
                case Operation.Remove when item.Fields.Flags == RequestFlags.None:
                    batch.Remove(item.KeyIn(body));
                    break;
                case Operation.Require when item.Fields.Flags == RequestFlags.None:
                    batch.Require(item.KeyIn(body), item.Number);
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    private void Scan(uint id, in RequestFields fields, ReadOnlySpan<byte> body, ReplyBuffer output)
    {
        if (!RequestReader.TryReadScan(
            body, out ulong cursor, out uint maxEntries, out uint maxBytes, out ReadOnlySpan<byte> prefix))
        {
            WriteMalformed(output, id, Operation.Scan);
            return;
        }

        int entries = (int)Math.Min(maxEntries, BinaryProtocol.MaxScanEntries);
        ScanPage page = _engine.Scan(
            cursor, entries, Math.Min(maxBytes, BinaryProtocol.MaxScanBytes), prefix,
            fields.Has(RequestFlags.KeysOnly));
        ReplyWriter.WriteScan(output, id, page);
    }

    /// <summary>Answers a write that was made or not; held back where it must reach the disk first.</summary>
    private void WriteDone(uint id, in BinaryAnswer answer, in RequestFields fields, ReplyBuffer output)
    {
        if (answer.IsWritten && writes.NeedsSync(fields))
        {
            output.BeginHeld(id);
            WriteAnswer(id, answer, output);
            output.EndHeld();
        }
        else
        {
            WriteAnswer(id, answer, output);
        }
    }

    private static void WriteMalformed(ReplyBuffer output, uint id, Operation operation) =>
        WriteError(output, id, ReplyStatus.MalformedBody, $"The body is not that of the operation {operation}.");

    /// <summary>Answers a request with a frame of its own.</summary>
    internal static void WriteAnswer(uint id, in BinaryAnswer answer, ReplyBuffer output)
    {
        if (BinaryProtocol.IsError(answer.Status))
        {
            WriteError(output, id, answer.Status, answer.Message);
        }
        else if (answer.Number is { } number)
        {
            ReplyWriter.WriteNumber(output, id, answer.Status, number);
        }
        else
        {
            ReplyWriter.WriteEmpty(output, id, answer.Status);
        }
    }

    private static void WriteError(ReplyBuffer output, uint id, ReplyStatus status, string message) =>
        ReplyWriter.WriteError(output, id, status, ReplyFlags.None, message);
}
