using System.Runtime.CompilerServices;

namespace Kvs.Log;

/// <summary>
/// The bytes of the log: this file, FrameHeaders.cs and Footer.cs alone know them; docs/FORMAT.md is their grammar, and
/// a test holds both together with a log written out by hand.
/// </summary>
/// <remarks>
/// Everything in a segment behind its header is a frame: 8-byte aligned, little-endian, and begun by one word that
/// holds its length, a bit that says whether it is complete, and its checksum. That word is stored twice: with the
/// length alone when the room is taken, and whole, in one aligned 8-byte store, when the frame is finished. So
/// whoever walks the log can always step over a frame, and can tell the three cases apart:
/// <code>
/// word0 = 0                        nothing here: the chain ends
/// length, not complete, crc = 0    room that a writer took and died in: a hole of known length
/// complete                         the checksum decides: sound, or damaged
/// </code>
/// No single flipped bit turns one of these into another that would be believed.
/// </remarks>
internal static unsafe class Frame
{
    /// <summary>Frames begin, and end, at multiples of so many bytes.</summary>
    internal const int Alignment = 8;

    // Common to all frames.
    internal const int EpochKindFlagsOffset = 8;
    internal const int SequenceOffset = 16;
    internal const int CommonBytes = 24;

    // Put and remove.
    internal const int ValueLengthOffset = 24;
    internal const int KeyLengthOffset = 28;
    internal const int RecordHeaderBytes = 32;
    internal const int ExpiryBytes = 8;

    // Batch: the header, and behind it the records, whole frames each.
    internal const int BatchCountOffset = 24;
    internal const int BatchHeaderBytes = 32;

    // Chunk.
    internal const int ChunkHeaderBytes = 64;

    // Commit.
    internal const int CommitHeaderBytes = 32;
    internal const int CommitPlaceBytes = 16;

    // Seal.
    internal const int SealBytes = 96;

    // Footer: the header, and behind it the entries.
    internal const int FooterHeaderBytes = 32;
    internal const int FooterEntryBytes = 24;

    private const uint CompleteBit = 1;
    private const uint LengthMask = ~7u;
    private const int KindShift = 48;
    private const int FlagsShift = 56;
    private const ulong EpochMask = (1UL << KindShift) - 1;
    private const uint PositionFactor = 0x9E3779B1;

    internal static int Align(int bytes) => (bytes + (Alignment - 1)) & ~(Alignment - 1);

    /// <summary>The bytes that a record of these lengths takes.</summary>
    internal static int RecordBytes(int keyBytes, int valueBytes, bool expires = false) =>
        Align(RecordHeaderBytes + (expires ? ExpiryBytes : 0) + keyBytes + valueBytes);

    internal static int CommitBytes(int lanes) => CommitHeaderBytes + (lanes * CommitPlaceBytes);

    /// <summary>The first word, whole: length and state in the lower half, checksum in the upper.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong ReadWord(byte* frame) => Volatile.Read(ref *(ulong*)frame);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint LengthOf(ulong word) => (uint)word & LengthMask;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsComplete(ulong word) => ((uint)word & 7) == CompleteBit;

    /// <summary>Room that was taken and never filled: a length, and nothing else.</summary>
    internal static bool IsHole(ulong word) => word != 0 && word == LengthOf(word);

    internal static ulong Epoch(byte* frame) => *(ulong*)(frame + EpochKindFlagsOffset) & EpochMask;

    internal static FrameKind Kind(byte* frame) =>
        (FrameKind)(byte)(*(ulong*)(frame + EpochKindFlagsOffset) >> KindShift);

    internal static FrameFlags Flags(byte* frame) =>
        (FrameFlags)(byte)(*(ulong*)(frame + EpochKindFlagsOffset) >> FlagsShift);

    internal static ulong Sequence(byte* frame) => *(ulong*)(frame + SequenceOffset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int ValueLength(byte* record) => *(int*)(record + ValueLengthOffset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int KeyLength(byte* record) => *(ushort*)(record + KeyLengthOffset) + 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte* KeyStart(byte* record) =>
        record + RecordHeaderBytes + (Flags(record).HasFlag(FrameFlags.Expiry) ? ExpiryBytes : 0);

    /// <summary>The moment from which on a put counts as removed, in Unix milliseconds; 0 for never.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long Expiry(byte* record) =>
        Flags(record).HasFlag(FrameFlags.Expiry) ? *(long*)(record + RecordHeaderBytes) : 0;

    /// <summary>How many records a batch says it has.</summary>
    internal static uint BatchCount(byte* batch) => *(uint*)(batch + BatchCountOffset);

    internal static ReadOnlySpan<byte> Key(byte* record) => new(KeyStart(record), KeyLength(record));

    internal static ReadOnlySpan<byte> Value(byte* record) =>
        new(KeyStart(record) + KeyLength(record), ValueLength(record));

    /// <summary>Takes room: stores the length, not complete. Paired with the walk of recovery, which needs it there
    /// before anything behind it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Begin(byte* frame, uint length) => Volatile.Write(ref *(ulong*)frame, length);

    /// <summary>
    /// Finishes a frame: everything but the first word is in place; this computes the checksum and stores the word.
    /// The store is ordered after all others, so that whoever sees a complete frame sees all of it.
    /// </summary>
    internal static void Finish(byte* frame, uint length, uint checkedBytes, uint salt, uint offset)
    {
        uint crc = ComputeChecksum(frame, length, checkedBytes, salt, offset);
        Volatile.Write(ref *(ulong*)frame, ((ulong)crc << 32) | length | CompleteBit);
    }

    /// <summary>Whether a complete frame holds what was written. The caller has checked that it lies in bounds.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsSound(byte* frame, ulong word, uint checkedBytes, uint salt, uint offset) =>
        IsComplete(word) &&
        (uint)(word >> 32) == ComputeChecksum(frame, LengthOf(word), checkedBytes, salt, offset);

    /// <summary>How many bytes of a frame its checksum covers: of a chunk or a batch the header alone, of all others
    /// all.</summary>
    internal static uint CheckedBytes(byte* frame, uint length) => Kind(frame) switch
    {
        FrameKind.Chunk => Math.Min(length, ChunkHeaderBytes),
        FrameKind.Batch => Math.Min(length, BatchHeaderBytes),
        _ => length,
    };

    /// <summary>Whether the lengths that a put or remove states fit the frame that holds them.</summary>
    internal static bool HasConsistentLengths(byte* record, uint length)
    {
        long needed = KeyStart(record) - record + (long)KeyLength(record) + (uint)ValueLength(record);
        return length >= RecordHeaderBytes && ValueLength(record) >= 0 && ((needed + 7) & ~7L) == length;
    }

    /// <summary>Writes all of a put or remove but its first word.</summary>
    internal static void WriteRecord(byte* frame, uint length, FrameKind kind, ulong epoch, ulong sequence,
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long expiry)
    {
        byte* valueStart = WriteBody(frame, length, key, value.Length, expiry);
        value.CopyTo(new Span<byte>(valueStart, value.Length));
        WriteCommon(frame, kind, epoch, sequence, expiry == 0 ? FrameFlags.None : FrameFlags.Expiry);
    }

    /// <summary>Writes what of a record does not depend on its stamp, but for the value: returns where that goes.
    /// </summary>
    internal static byte* WriteBody(byte* frame, uint length, ReadOnlySpan<byte> key, int valueBytes, long expiry)
    {
        // The last word first: what of it the key and the value do not cover stays zero.
        *(ulong*)(frame + length - Alignment) = 0;
        *(int*)(frame + ValueLengthOffset) = valueBytes;
        *(uint*)(frame + KeyLengthOffset) = (uint)(key.Length - 1);
        byte* keyStart = frame + RecordHeaderBytes;
        if (expiry != 0)
        {
            *(long*)keyStart = expiry;
            keyStart += ExpiryBytes;
        }

        key.CopyTo(new Span<byte>(keyStart, key.Length));
        return keyStart + key.Length;
    }

    internal static void WriteCommon(byte* frame, FrameKind kind, ulong epoch, ulong sequence,
        FrameFlags flags = FrameFlags.None)
    {
        *(ulong*)(frame + EpochKindFlagsOffset) =
            epoch | ((ulong)(byte)kind << KindShift) | ((ulong)(byte)flags << FlagsShift);
        *(ulong*)(frame + SequenceOffset) = sequence;
    }

    /// <summary>The first part of a record's checksum: over its body, which is all that is known before it is
    /// stamped.</summary>
    internal static uint SumBody(byte* frame, uint length, uint salt, uint offset) =>
        Checksum.Continue(salt ^ ((offset / Alignment) * PositionFactor), frame + CommonBytes, length - CommonBytes);

    /// <summary>Finishes a record whose body was summed before.</summary>
    internal static void FinishSummed(byte* frame, uint length, uint bodySum) =>
        Volatile.Write(ref *(ulong*)frame, ((ulong)AddStamp(bodySum, frame, length) << 32) | length | CompleteBit);

    /// <summary>
    /// The checksum begins from the segment's salt and the frame's place, and takes the body before the stamp
    /// (epoch, kind, sequence) and the length, so that the body of a large record can be summed before its stamp is
    /// known.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint ComputeChecksum(byte* frame, uint length, uint checkedBytes, uint salt, uint offset) =>
        AddStamp(SumBody(frame, checkedBytes, salt, offset), frame, length);

    private static uint AddStamp(uint crc, byte* frame, uint length)
    {
        crc = System.Numerics.BitOperations.Crc32C(crc, *(ulong*)(frame + EpochKindFlagsOffset));
        crc = System.Numerics.BitOperations.Crc32C(crc, *(ulong*)(frame + SequenceOffset));
        return ~System.Numerics.BitOperations.Crc32C(crc, length);
    }
}

/// <summary>What a frame is. The numbers are part of the format.</summary>
internal enum FrameKind : byte
{
    /// <summary>Never written; an unfinished frame reads as this.</summary>
    None = 0,

    /// <summary>A key and its value.</summary>
    Put = 1,

    /// <summary>A tombstone: the key, and no value.</summary>
    Remove = 2,

    /// <summary>A frame around the records of all writes of a batch. They count once it is complete.</summary>
    Batch = 3,

    /// <summary>Says that an epoch is complete, and where each lane stood at its end.</summary>
    Commit = 4,

    /// <summary>The header of a chunk; the frame's length is that of the whole chunk.</summary>
    Chunk = 5,

    /// <summary>What recovery makes of a hole, so that it is never taken for damage.</summary>
    Padding = 6,

    /// <summary>Ends a segment to which nothing will be added any more.</summary>
    Seal = 7,

    /// <summary>Lists the records of a segment, so that opening need not read them. Stands in front of the seal.
    /// </summary>
    Footer = 8,
}

/// <summary>What a frame has beyond the usual. The numbers are part of the format.</summary>
[Flags]
internal enum FrameFlags : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The record expires: 8 bytes of Unix milliseconds stand between header and key.</summary>
    Expiry = 1,
}
