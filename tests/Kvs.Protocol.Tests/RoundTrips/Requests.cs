using System.Buffers;
using Kvs.Protocol.Binary;
using Kvs.Testing;

namespace Kvs.Protocol.Tests;

internal sealed record HelloRequest(ushort Lowest, ushort Highest, string Password) : Message
{
    internal override void Write(ArrayBufferWriter<byte> output, uint id) =>
        RequestWriter.WriteHello(output, id, Lowest, Highest, Bytes(Password));

    internal override Message? Read(Frame frame) =>
        RequestReader.TryReadHello(
            frame.Body, out ushort lowest, out ushort highest, out ReadOnlySpan<byte> password) &&
        frame.Header.Code == (byte)Operation.Hello
            ? new HelloRequest(lowest, highest, Text(password))
            : null;
}

internal sealed record PingRequest : Message
{
    internal override void Write(ArrayBufferWriter<byte> output, uint id) => RequestWriter.WritePing(output, id);

    internal override Message? Read(Frame frame) =>
        frame.Header.Code == (byte)Operation.Ping && frame.Body.IsEmpty ? this : null;
}

internal sealed record StatsRequest : Message
{
    internal override void Write(ArrayBufferWriter<byte> output, uint id) => RequestWriter.WriteStats(output, id);

    internal override Message? Read(Frame frame) =>
        frame.Header.Code == (byte)Operation.Stats && frame.Body.IsEmpty ? this : null;
}

/// <summary>A get or a remove.</summary>
internal sealed record KeyRequest(Operation Operation, string Key, RequestFields Terms) : Message
{
    internal override void Write(ArrayBufferWriter<byte> output, uint id)
    {
        if (Operation == Operation.Get)
        {
            RequestWriter.WriteGet(output, id, Bytes(Key), Terms);
        }
        else
        {
            RequestWriter.WriteRemove(output, id, Bytes(Key), Terms);
        }
    }

    internal override Message? Read(Frame frame) => Fields(frame, out ReadOnlySpan<byte> key) is { } terms
        ? new KeyRequest((Operation)frame.Header.Code, Text(key), terms)
        : null;

    internal override IEnumerable<Message> Smaller() => Shorter(Key).Select(key => this with { Key = key });
}

internal sealed record SetRequest(string Key, string Value, RequestFields Terms) : Message
{
    internal override void Write(ArrayBufferWriter<byte> output, uint id)
    {
        RequestWriter.WriteSetBeforeValue(output, id, Bytes(Key), Value.Length, Terms);
        output.Write(Bytes(Value));
    }

    internal override Message? Read(Frame frame) =>
        Fields(frame, out ReadOnlySpan<byte> body) is { } terms && frame.Header.Code == (byte)Operation.Set &&
        RequestReader.TryReadSet(body, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
            ? new SetRequest(Text(key), Text(value), terms)
            : null;

    internal override IEnumerable<Message> Smaller() =>
    [
        .. Shorter(Key).Select(key => this with { Key = key }),
        .. Shorter(Value).Select(value => this with { Value = value }),
    ];
}

internal sealed record IncrementRequest(string Key, long Delta, RequestFields Terms) : Message
{
    internal override void Write(ArrayBufferWriter<byte> output, uint id) =>
        RequestWriter.WriteIncrement(output, id, Bytes(Key), Delta, Terms);

    internal override Message? Read(Frame frame) =>
        Fields(frame, out ReadOnlySpan<byte> body) is { } terms && frame.Header.Code == (byte)Operation.Increment &&
        RequestReader.TryReadIncrement(body, out long delta, out ReadOnlySpan<byte> key)
            ? new IncrementRequest(Text(key), delta, terms)
            : null;

    internal override IEnumerable<Message> Smaller() => Shorter(Key).Select(key => this with { Key = key });
}

internal sealed record ScanRequest(
    ulong Cursor, uint MaxEntries, uint MaxBytes, string Prefix, bool KeysOnly) : Message
{
    internal override void Write(ArrayBufferWriter<byte> output, uint id) =>
        RequestWriter.WriteScan(output, id, Cursor, MaxEntries, MaxBytes, Bytes(Prefix), KeysOnly);

    internal override Message? Read(Frame frame) =>
        Fields(frame, out ReadOnlySpan<byte> body) is { } terms && frame.Header.Code == (byte)Operation.Scan &&
        RequestReader.TryReadScan(
            body, out ulong cursor, out uint entries, out uint bytes, out ReadOnlySpan<byte> prefix)
            ? new ScanRequest(cursor, entries, bytes, Text(prefix), terms.Has(RequestFlags.KeysOnly))
            : null;

    internal override IEnumerable<Message> Smaller() => Shorter(Prefix).Select(prefix => this with { Prefix = prefix });
}

/// <summary>An operation of a batch; a number is what an increment adds, or the version that is required.</summary>
internal readonly record struct BatchPart(
    Operation Operation, string Key, string Value, ulong Number, RequestFields Terms);

internal sealed record BatchMessage(bool IsAtomic, Durability? Durability, ValueList<BatchPart> Parts) : Message
{
    internal override void Write(ArrayBufferWriter<byte> output, uint id)
    {
        var batch = new BatchRequest();
        foreach (BatchPart part in Parts)
        {
            Add(batch, part);
        }

        output.Write(batch.ToFrame(id, IsAtomic ? Operation.AtomicBatch : Operation.Batch, Durability).Span);
    }

    internal override Message? Read(Frame frame)
    {
        if (Fields(frame, out ReadOnlySpan<byte> body) is not { } terms)
        {
            return null;
        }

        var parts = new List<BatchPart>();
        int at = 0;
        while (BatchItem.TryRead(body, ref at, out BatchItem item))
        {
            parts.Add(new BatchPart(
                item.Operation, Text(item.KeyIn(body)), Text(item.ValueIn(body)), item.Number, item.Fields));
        }

        Durability? durability = terms.Has(RequestFlags.Durability) ? terms.Durability : null;
        bool isAtomic = frame.Header.Code == (byte)Operation.AtomicBatch;
        return at == body.Length ? new BatchMessage(isAtomic, durability, ValueList.Of(parts)) : null;
    }

    internal override IEnumerable<Message> Smaller() => Parts
        .Smaller(part =>
        [
            .. Shorter(part.Key).Select(key => part with { Key = key }),
            .. Shorter(part.Value).Select(value => part with { Value = value }),
        ])
        .Select(parts => this with { Parts = parts });

    private static void Add(BatchRequest batch, in BatchPart part)
    {
        byte[] key = Bytes(part.Key);
        switch (part.Operation)
        {
            case Operation.Get:
                batch.Get(key, part.Terms.Has(RequestFlags.SaysVersion));
                break;
            case Operation.Set:
                batch.Set(key, Bytes(part.Value), part.Terms);
                break;
            case Operation.Remove:
                batch.Remove(key, part.Terms);
                break;
            case Operation.Increment:
                batch.Increment(key, (long)part.Number, part.Terms);
                break;
            default:
                batch.Require(key, part.Number);
                break;
        }
    }
}
