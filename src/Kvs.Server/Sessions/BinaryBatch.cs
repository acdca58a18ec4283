using Kvs.Protocol.Binary;
using Kvs.Server.Connections;

namespace Kvs.Server.Sessions;

/// <summary>
/// Executes batches: reads some operations ahead, has what they look at fetched from memory together, executes them in
/// their order and writes each result where it will be sent from. Stops when the output is full, and goes on later.
/// </summary>
/// <remarks>Not thread-safe: one batch of one connection at a time.</remarks>
internal sealed class BinaryBatch(ServerContext context, BinaryWrites writes)
{
    /// <summary>So many operations are read ahead: more than the processor fetches at a time, few enough that what was
    /// fetched first is still near.</summary>
    private const int GroupItems = 32;

    /// <summary>What the results of a batch are guessed to take for each byte of it: enough for values of a hundred
    /// bytes under keys of ten.</summary>
    private const int ReplyBytesPerByte = 16;

    private readonly IKvsEngine _engine = context.Engine;
    private uint _id;
    private int _at;
    private bool _isGetMany;
    private bool _saysVersion;
    private bool _holds;
    private Durability? _durability;

    /// <summary>Whether there is a batch that was begun and not finished.</summary>
    internal bool IsUnderWay { get; private set; }

    /// <summary>Operations executed so far, of all batches.</summary>
    internal long Executed { get; private set; }

    /// <summary>Begins a batch or a read of many keys.</summary>
    /// <param name="header">The request's header.</param>
    /// <param name="fields">Its fields.</param>
    internal void Begin(in FrameHeader header, in RequestFields fields)
    {
        _id = header.RequestId;
        _at = fields.Bytes;
        _isGetMany = header.Code == (byte)Operation.GetMany;
        _saysVersion = fields.Has(RequestFlags.SaysVersion);
        _durability = fields.Has(RequestFlags.Durability) ? fields.Durability : null;
        _holds = false;
        IsUnderWay = true;
    }

    /// <summary>Goes on with the batch; false where the output is full before its end.</summary>
    /// <param name="body">The batch's body, the same each time.</param>
    /// <param name="output">Where results go.</param>
    internal bool TryFinish(ReadOnlySpan<byte> body, ReplyBuffer output)
    {
        Span<BatchItem> items = stackalloc BatchItem[GroupItems];
        Span<KeyRange> keys = stackalloc KeyRange[GroupItems];
        int guessedBytes = (int)Math.Min((long)ReplyBytesPerByte * (body.Length - _at), int.MaxValue);
        var chunk = new BinaryChunk(output, _id, guessedBytes, _holds);
        try
        {
            for (int count = ReadAhead(body, items, keys); count > 0; count = ReadAhead(body, items, keys))
            {
                _engine.Prefetch(body, keys[..count]);
                if (!TryExecute(body, items[..count], ref chunk, output))
                {
                    _holds = chunk.Holds;
                    return false;
                }
            }
        }
        catch
        {
            // What was executed has been answered when the connection ends.
            chunk.EndUnlessEmpty();
            throw;
        }

        IsUnderWay = false;
        if (_at == body.Length)
        {
            chunk.End(ReplyFlags.None);
            return true;
        }

        chunk.EndUnlessEmpty();
        ReplyWriter.WriteError(
            output, _id, ReplyStatus.MalformedBody, ReplyFlags.None,
            $"No operation of a batch begins at byte {_at} of the body. Those before it were executed.");
        return true;
    }

    /// <summary>Writes again what was held back, with an error for each operation that has written something.</summary>
    internal static void WriteNotDurable(
        uint id, ReadOnlySpan<byte> held, KvsWriteException error, ReplyBuffer output)
    {
        var answer = BinaryAnswer.To(error)!.Value;
        ReadOnlySpan<byte> results = held[BinaryProtocol.HeaderBytes..];
        var chunk = new BinaryChunk(output, id, BinaryProtocol.ResultsFrameBytes, holds: false);
        while (BatchResult.TryRead(ref results, out BatchResult result))
        {
            if (result.Status == ReplyStatus.Written)
            {
                chunk.Add(answer);
            }
            else
            {
                chunk.Add(result.Status, result.Value);
            }
        }

        chunk.End((ReplyFlags)FrameHeader.Read(held).Flags & ReplyFlags.More);
    }

    private int ReadAhead(ReadOnlySpan<byte> body, Span<BatchItem> items, Span<KeyRange> keys)
    {
        int at = _at;
        int count = 0;
        while (count < items.Length &&
            (_isGetMany
                ? BatchItem.TryReadKey(body, ref at, out items[count])
                : BatchItem.TryRead(body, ref at, out items[count])))
        {
            keys[count] = new KeyRange(items[count].KeyStart, items[count].KeyBytes);
            count++;
        }

        return count;
    }

    /// <summary>Executes some operations, until the output is full.</summary>
    private bool TryExecute(
        ReadOnlySpan<byte> body,
        scoped ReadOnlySpan<BatchItem> items,
        ref BinaryChunk chunk,
        ReplyBuffer output)
    {
        foreach (ref readonly BatchItem item in items)
        {
            if (chunk.TryEndFull())
            {
                if (output.UnflushedBytes >= context.Options.MaxBufferedOutputBytes)
                {
                    return false;
                }

                chunk.Begin(BinaryChunk.ShortResultBytes);
            }

            try
            {
                if (item.Operation == Operation.Get)
                {
                    Get(body, item, ref chunk);
                }
                else
                {
                    Write(body, item, ref chunk);
                }
            }
            catch (Exception error) when (BinaryAnswer.To(error) is { } answer)
            {
                chunk.Add(answer);
            }

            _at = item.End;
            Executed++;
        }

        return true;
    }

    private void Get(ReadOnlySpan<byte> body, in BatchItem item, ref BinaryChunk chunk)
    {
        if (_saysVersion || item.Fields.Flags != RequestFlags.None)
        {
            GetWithInfo(body, item, ref chunk);
            return;
        }

        // The value goes from the engine to where it is sent from, behind room for its head.
        ReadOnlySpan<byte> key = item.KeyIn(body);
        while (_engine.TryGet(key, chunk.Room[BatchResult.HeadBytes..], out int valueBytes))
        {
            if (BatchResult.HeadBytes + valueBytes <= chunk.Room.Length)
            {
                chunk.AddInPlace(ReplyStatus.Ok, valueBytes);
                return;
            }

            // Another client may set a longer one before the next look; then once more.
            chunk.MakeRoom(BatchResult.HeadBytes + valueBytes);
        }

        chunk.AddInPlace(ReplyStatus.NotFound, 0);
    }

    private void GetWithInfo(ReadOnlySpan<byte> body, in BatchItem item, ref BinaryChunk chunk)
    {
        if (Refuse(item, ref chunk))
        {
            return;
        }

        const int headBytes = BatchResult.HeadBytes + ReplyWriter.InfoBytes;
        ReadOnlySpan<byte> key = item.KeyIn(body);
        while (_engine.TryRead(key, chunk.Room[headBytes..], out ValueInfo info))
        {
            if (headBytes + info.Bytes <= chunk.Room.Length)
            {
                ReplyWriter.WriteInfo(chunk.Room[BatchResult.HeadBytes..], info);
                chunk.AddInPlace(ReplyStatus.Ok, ReplyWriter.InfoBytes + info.Bytes);
                return;
            }

            chunk.MakeRoom(headBytes + info.Bytes);
        }

        chunk.AddInPlace(ReplyStatus.NotFound, 0);
    }

    private void Write(ReadOnlySpan<byte> body, in BatchItem item, ref BinaryChunk chunk)
    {
        if (Refuse(item, ref chunk))
        {
            return;
        }

        if (writes.NeedsSync(item.Fields, _durability))
        {
            chunk.Hold();
        }

        ReadOnlySpan<byte> key = item.KeyIn(body);
        chunk.Add(item.Operation switch
        {
            Operation.Set => writes.Set(key, item.ValueIn(body), item.Fields, _durability),
            Operation.Remove => writes.Remove(key, item.Fields, _durability),
            Operation.Increment => writes.Increment(key, (long)item.Number, item.Fields, _durability),
            _ => new BinaryAnswer(
                ReplyStatus.UnknownOperation, Message: $"The operation {item.Operation} is none of a batch."),
        });
    }

    /// <summary>Whether an operation cannot be done as it was asked for, which is then its result.</summary>
    private static bool Refuse(in BatchItem item, ref BinaryChunk chunk)
    {
        RequestFlags unknown = item.Fields.Flags & ~BinaryProtocol.FlagsOf(item.Operation);
        if (unknown == RequestFlags.None)
        {
            return false;
        }

        chunk.Add(new BinaryAnswer(
            ReplyStatus.UnknownFlag,
            Message: $"The flags 0x{(ushort)unknown:X4} are none of the operation {item.Operation}."));
        return true;
    }
}
