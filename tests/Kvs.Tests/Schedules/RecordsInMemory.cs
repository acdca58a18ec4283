using System.Text;
using Kvs.Files;
using Kvs.Index;
using Kvs.Log;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>Segments with records for the index to point at, written once and used by many schedules.</summary>
internal sealed unsafe class RecordsInMemory : IDisposable
{
    internal const ulong HashSeed = 0x5EED;

    private const int SegmentBytes = 256 * 1024;

    private readonly SimulatedFiles _files = new();
    private readonly List<(Segment Segment, uint End)> _segments = [];

    internal RecordsInMemory(int segments)
    {
        for (int slot = 0; slot < segments; slot++)
        {
            string path = $"/{slot}";
            IFile file = _files.Create(path);
            file.Allocate(SegmentBytes);
            var header = new SegmentHeader((ulong)slot + 1, StoreId: 1, Session: 1, SegmentBytes, ChunkBytes: 4096);
            _segments.Add((new Segment(file, path, file.Map(SegmentBytes), header, salt: 7, slot, lanes: 1),
                SegmentHeader.Bytes));
        }
    }

    internal Segment this[int segment] => _segments[segment].Segment;

    internal static byte[] Key(int number) => Encoding.ASCII.GetBytes($"key {number}");

    /// <summary>Where a key lies in an index of one partition.</summary>
    internal static ulong Fraction(ReadOnlySpan<byte> key) => KeyHash.Compute(key, HashSeed);

    /// <summary>Writes a record; returns its position.</summary>
    internal ulong Add(int segment, ReadOnlySpan<byte> key, ulong version)
    {
        (Segment target, uint offset) = _segments[segment];
        uint length = (uint)Frame.RecordBytes(key.Length, 0);
        byte* frame = target.Start + offset;
        Frame.WriteRecord(frame, length, FrameKind.Put, epoch: 1, version, key, [], expiry: 0);
        Frame.Finish(frame, length, length, target.Salt, offset);
        _segments[segment] = (target, offset + length);
        return SegmentTable.PositionOf(target, offset);
    }

    /// <summary>A table of all segments.</summary>
    internal SegmentTable Table()
    {
        var table = new SegmentTable();
        foreach ((Segment segment, _) in _segments)
        {
            Assert.Equal(segment.Slot, table.TakeSlot());
            table.Put(segment);
        }

        return table;
    }

    public void Dispose() => _files.Dispose();
}
