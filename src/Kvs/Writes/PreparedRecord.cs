using Kvs.Log;

namespace Kvs.Writes;

/// <summary>
/// A large record that is written into a segment of its own before the write begins: copying it, or reading it from a
/// stream, then delays neither a commit nor another writer.
/// </summary>
/// <remarks>One writer. Until the log takes the segment over, whoever opens the store finds a hole in it, of known
/// length.</remarks>
internal sealed unsafe class PreparedRecord
{
    private const uint ChunkOffset = SegmentHeader.Bytes;
    private const uint RecordOffset = ChunkOffset + Frame.ChunkHeaderBytes;

    private readonly int _valueBytes;
    private uint _bodySum;

    /// <summary>Begins a record in a segment that was made for it.</summary>
    internal PreparedRecord(Segment segment, uint length, int valueBytes, long expiry)
    {
        Segment = segment;
        Length = length;
        Expiry = expiry;
        _valueBytes = valueBytes;
    }

    internal Segment Segment { get; }

    /// <summary>The length of the record.</summary>
    internal uint Length { get; }

    /// <summary>The expiry that it holds.</summary>
    internal long Expiry { get; }

    /// <summary>Whether the log has the segment now.</summary>
    internal bool IsTaken { get; set; }

    /// <summary>Writes the record's body, the value as <paramref name="fill"/> brings it.</summary>
    internal void Fill<TSource>(ReadOnlySpan<byte> key, TSource source, FillValue<TSource> fill)
        where TSource : allows ref struct
    {
        Frame.Begin(Segment.Start + ChunkOffset, Frame.ChunkHeaderBytes + Length);
        byte* frame = Segment.Start + RecordOffset;
        byte* value = Frame.WriteBody(frame, Length, key, _valueBytes, Expiry);
        fill(source, new Span<byte>(value, _valueBytes));
        _bodySum = Frame.SumBody(frame, Length, Segment.Salt, RecordOffset);
    }

    /// <summary>Finishes the record with its stamp.</summary>
    internal void Finish(ulong epoch, ulong sequence)
    {
        byte* frame = Segment.Start + RecordOffset;
        Frame.WriteCommon(frame, FrameKind.Put, epoch, sequence, Expiry == 0 ? FrameFlags.None : FrameFlags.Expiry);
        Frame.FinishSummed(frame, Length, _bodySum);
    }
}

/// <summary>Brings a value into the room for it.</summary>
internal delegate void FillValue<in TSource>(TSource source, Span<byte> room)
    where TSource : allows ref struct;
