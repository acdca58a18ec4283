using System.Buffers;
using Kvs.Protocol.Binary;
using Kvs.Testing;

namespace Kvs.Protocol.Tests;

internal sealed record EmptyReply(ReplyStatus Status) : Message
{
    internal override void Write(ArrayBufferWriter<byte> output, uint id) => ReplyWriter.WriteEmpty(output, id, Status);

    internal override Message? Read(Frame frame) =>
        frame.Body.IsEmpty ? new EmptyReply((ReplyStatus)frame.Header.Code) : null;
}

internal sealed record NumberReply(ReplyStatus Status, ulong Number) : Message
{
    internal override void Write(ArrayBufferWriter<byte> output, uint id) =>
        ReplyWriter.WriteNumber(output, id, Status, Number);

    internal override Message? Read(Frame frame) => frame.Body.Length == sizeof(ulong)
        ? new NumberReply((ReplyStatus)frame.Header.Code, BitConverter.ToUInt64(frame.Body))
        : null;
}

/// <summary>A value; its version and expiry where they were asked for.</summary>
internal sealed record ValueReply(string Value, bool SaysVersion, ulong Version, long ExpiryMs) : Message
{
    internal override void Write(ArrayBufferWriter<byte> output, uint id)
    {
        int infoBytes = SaysVersion ? ReplyWriter.InfoBytes : 0;
        Span<byte> head = output.GetSpan(BinaryProtocol.HeaderBytes + infoBytes);
        ReplyWriter.WriteValueHeader(head, id, infoBytes + Value.Length);
        if (SaysVersion)
        {
            var info = new ValueInfo(Value.Length, Version, ExpiryMs);
            ReplyWriter.WriteInfo(head[BinaryProtocol.HeaderBytes..], info);
        }

        output.Advance(BinaryProtocol.HeaderBytes + infoBytes);
        output.Write(Bytes(Value));
    }

    internal override Message? Read(Frame frame)
    {
        ReadOnlySpan<byte> value = frame.Body;
        if (!SaysVersion)
        {
            return new ValueReply(Text(value), SaysVersion: false, 0, 0);
        }

        return ReplyReader.TryReadInfo(ref value, out ValueInfo info) && info.Bytes == value.Length
            ? new ValueReply(Text(value), SaysVersion: true, info.Version, info.ExpiryMilliseconds)
            : null;
    }

    internal override IEnumerable<Message> Smaller() => Shorter(Value).Select(value => this with { Value = value });
}

internal sealed record HelloReply(ServerHello Hello) : Message
{
    internal override void Write(ArrayBufferWriter<byte> output, uint id) => ReplyWriter.WriteHello(output, id, Hello);

    internal override Message? Read(Frame frame) =>
        ReplyReader.TryReadHello(frame.Body, out ServerHello hello) ? new HelloReply(hello) : null;
}

internal sealed record StatsReply(ValueList<KeyValuePair<string, string>> Figures) : Message
{
    internal override void Write(ArrayBufferWriter<byte> output, uint id) => ReplyWriter.WriteStats(
        output, id, string.Concat(Figures.Select(figure => $"{figure.Key}:{figure.Value}\n")));

    internal override Message? Read(Frame frame) => new StatsReply(ValueList.Of(ReplyReader.ReadStats(frame.Body)));

    internal override IEnumerable<Message> Smaller() =>
        Figures.Smaller(_ => []).Select(figures => new StatsReply(figures));
}

internal sealed record ScanReply(ulong Next, ValueList<(string Key, string Value)> Entries) : Message
{
    internal override void Write(ArrayBufferWriter<byte> output, uint id)
    {
        KvsEntry[] entries = [.. Entries.Select(entry => new KvsEntry(Bytes(entry.Key), Bytes(entry.Value)))];
        ReplyWriter.WriteScan(output, id, new ScanPage(entries, Next));
    }

    internal override Message? Read(Frame frame) => ReplyReader.TryReadScan(frame.Body.ToArray(), out ScanPage page)
        ? new ScanReply(page.NextCursor, ValueList.Of(
            page.Entries.Select(entry => (Text(entry.Key.Span), Text(entry.Value.Span)))))
        : null;

    internal override IEnumerable<Message> Smaller() => Entries
        .Smaller(entry =>
        [
            .. Shorter(entry.Key).Select(key => (key, entry.Value)),
            .. Shorter(entry.Value).Select(value => (entry.Key, value)),
        ])
        .Select(entries => this with { Entries = entries });
}

/// <summary>An error; its message is text of any language.</summary>
internal sealed record ErrorReply(ReplyStatus Status, ReplyFlags Flags, string Words) : Message
{
    internal override void Write(ArrayBufferWriter<byte> output, uint id) =>
        ReplyWriter.WriteError(output, id, Status, Flags, Words);

    internal override Message? Read(Frame frame) => new ErrorReply(
        (ReplyStatus)frame.Header.Code, (ReplyFlags)frame.Header.Flags, ReplyReader.ReadMessage(frame.Body));

    internal override IEnumerable<Message> Smaller() => Shorter(Words).Select(words => this with { Words = words });
}

internal sealed record ResultsReply(ValueList<(ReplyStatus Status, string Value)> Results) : Message
{
    internal override void Write(ArrayBufferWriter<byte> output, uint id)
    {
        int bodyBytes = Results.Sum(result => BatchResult.HeadBytes + result.Value.Length);
        new FrameHeader((byte)ReplyStatus.Ok, (ushort)ReplyFlags.Results, id, (uint)bodyBytes)
            .Write(output.GetSpan(BinaryProtocol.HeaderBytes), BinaryProtocol.ReplyMagic);
        output.Advance(BinaryProtocol.HeaderBytes);
        foreach ((ReplyStatus status, string value) in Results)
        {
            BatchResult.WriteHead(output.GetSpan(BatchResult.HeadBytes), status, value.Length);
            output.Advance(BatchResult.HeadBytes);
            output.Write(Bytes(value));
        }
    }

    internal override Message? Read(Frame frame)
    {
        var results = new List<(ReplyStatus, string)>();
        ReadOnlySpan<byte> rest = frame.Body;
        while (BatchResult.TryRead(ref rest, out BatchResult result))
        {
            results.Add((result.Status, Text(result.Value)));
        }

        return rest.IsEmpty ? new ResultsReply(ValueList.Of(results)) : null;
    }

    internal override IEnumerable<Message> Smaller() => Results
        .Smaller(result => Shorter(result.Value).Select(value => (result.Status, value)))
        .Select(results => new ResultsReply(results));
}
