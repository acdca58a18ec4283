using Kvs.Files;

namespace Kvs.Log;

/// <summary>
/// One file of the log, mapped. Records in it are immutable once their slot in the index is visible.
/// </summary>
/// <remarks>
/// Any thread may read. The part that is being written belongs to the lanes that hold its chunks. The counters are
/// only ever changed by interlocked adds, spread over the lanes so that writers on different processors do not fight
/// for one cache line.
/// </remarks>
internal sealed unsafe class Segment : IDisposable
{
    /// <summary>A processor's cache line, twice: neighbours are fetched in pairs.</summary>
    private const int CounterStride = 128 / sizeof(long);

    // The first stride stays unused: the array's length lies there, which everyone reads.
    private readonly long[] _deadBytes;
    private MappedMemory? _memory;
    private int _owners = 1;
    private long _appendedBytes;
    private uint _length;
    private int _openChunks;
    private ulong _lastEpoch;
    private bool _isFull;

    internal Segment(IFile file, string path, byte* start, SegmentHeader header, uint salt, int slot, int lanes)
    {
        File = file;
        Path = path;
        Start = start;
        Header = header;
        Salt = salt;
        Slot = slot;
        _length = (uint)header.Capacity;
        _deadBytes = new long[(lanes + 1) * CounterStride];
    }

    internal IFile File { get; }

    /// <summary>Where the file is now; it was made under another name.</summary>
    internal string Path { get; }

    /// <summary>Where the file is mapped.</summary>
    internal byte* Start { get; }

    internal SegmentHeader Header { get; }

    internal ulong Id => Header.Id;

    /// <summary>What the checksums of its frames begin from.</summary>
    internal uint Salt { get; }

    /// <summary>Its place in the <see cref="SegmentTable"/>, and so in the positions that the index holds.</summary>
    internal int Slot { get; }

    /// <summary>Bytes of the file that are mapped and may be looked at; they become fewer when the file is cut behind
    /// its seal.</summary>
    internal uint Length
    {
        get => Volatile.Read(ref _length);
        init => _length = value;
    }

    /// <summary>Where its seal ends; 0 while it has none.</summary>
    internal uint SealedEnd { get; private set; }

    /// <summary>Bytes that it takes on disk.</summary>
    internal long DiskBytes => SealedEnd != 0 ? SealedEnd : Length;

    /// <summary>True once no further chunk will be cut from it.</summary>
    internal bool IsFull
    {
        get => Volatile.Read(ref _isFull);
        set => Volatile.Write(ref _isFull, value);
    }

    /// <summary>True once its seal is on disk and the manifest names it.</summary>
    internal bool IsSealed { get; set; }

    /// <summary>True once something in it was found to be not as it was written: it stays as it is. The housekeeper's
    /// own.</summary>
    internal bool IsDamaged { get; set; }

    /// <summary>The last epoch that something in it was stamped with. Written under the lock of the lane that takes
    /// room here, read by the syncing thread.</summary>
    internal ulong LastEpoch => Volatile.Read(ref _lastEpoch);

    /// <summary>The syncing thread's own: all epochs up to here are on disk as far as this segment goes.</summary>
    internal ulong SyncedEpoch { get; set; }

    /// <summary>Bytes of puts and removes in chunks that are full; exact once it is sealed.</summary>
    internal long AppendedBytes => Volatile.Read(ref _appendedBytes);

    /// <summary>What its seal says; null while it has none.</summary>
    internal Seal? Seal { get; private set; }

    /// <summary>Where its chunks end, once it has a seal.</summary>
    internal uint ChunksEnd { get; private set; }

    /// <summary>Bytes of tombstones in it that are not known to be unnecessary. Known once it is sealed; the
    /// housekeeper's own from then on.</summary>
    internal long TombstoneBytes { get; set; }

    /// <summary>Chunks that a lane may still add to.</summary>
    internal int OpenChunks => Volatile.Read(ref _openChunks);

    /// <summary>How many keep its mapping: leases, and the store until it disposes it.</summary>
    internal int Owners => Volatile.Read(ref _owners);

    /// <summary>Bytes of records that a later write of their key has replaced.</summary>
    internal long DeadBytes
    {
        get
        {
            long sum = 0;
            for (int i = CounterStride; i < _deadBytes.Length; i += CounterStride)
            {
                sum += Volatile.Read(ref _deadBytes[i]);
            }

            return sum;
        }
    }

    /// <summary>Bytes of records that are not known to be dead; where chunks are open, all that may become records.
    /// </summary>
    internal long LiveBytes =>
        Math.Max(0, (IsFull && OpenChunks == 0 ? AppendedBytes : Length) - DeadBytes);

    internal void AddDead(int lane, long bytes) => Interlocked.Add(ref _deadBytes[(lane + 1) * CounterStride], bytes);

    internal void AddAppended(long bytes) => Interlocked.Add(ref _appendedBytes, bytes);

    internal void OpenChunk() => Interlocked.Increment(ref _openChunks);

    /// <summary>A lane is done with a chunk in which it stored so many bytes of records.</summary>
    internal void CloseChunk(long recordBytes)
    {
        AddAppended(recordBytes);
        Interlocked.Decrement(ref _openChunks);
    }

    /// <summary>Notes what its seal says, and that the file may be cut behind it. No lane has a chunk here.</summary>
    internal void NoteSeal(in Seal seal, uint sealedEnd)
    {
        Seal = seal;
        SealedEnd = sealedEnd;
        ChunksEnd = sealedEnd - Frame.SealBytes - seal.FooterBytes;
        Volatile.Write(ref _length, Math.Min(_length, sealedEnd));
        Volatile.Write(ref _appendedBytes, (long)seal.RecordBytes);
        TombstoneBytes = (long)seal.TombstoneBytes;
    }

    /// <summary>Notes that something is about to be stamped with an epoch here.</summary>
    internal void NoteEpoch(ulong epoch)
    {
        ulong seen = Volatile.Read(ref _lastEpoch);
        while (seen < epoch)
        {
            ulong before = Interlocked.CompareExchange(ref _lastEpoch, epoch, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }

    /// <summary>
    /// Whether a sound put or remove lies at an offset; checks bounds before anything is believed.
    /// </summary>
    internal bool HasSoundRecord(uint offset)
    {
        byte* frame = Start + offset;
        ulong word = Frame.ReadWord(frame);
        uint length = Frame.LengthOf(word);
        return length >= Frame.RecordHeaderBytes && length <= Length - offset &&
               Frame.IsSound(frame, word, length, Salt, offset) && Frame.HasConsistentLengths(frame, length);
    }

    /// <summary>Whether what lies at an offset can be read as a record of this segment; its checksum is not looked at.
    /// </summary>
    internal bool HasPlausibleRecord(uint offset)
    {
        byte* frame = Start + offset;
        ulong word = Frame.ReadWord(frame);
        uint length = Frame.LengthOf(word);
        return length >= Frame.RecordHeaderBytes && length <= Length - offset && Frame.IsComplete(word) &&
               Frame.HasConsistentLengths(frame, length);
    }

    internal KvsDamageException Damage(uint offset, string what) => new(Path, offset, what);

    /// <summary>Keeps the mapping until <see cref="Unpin"/>, also when the segment is disposed meanwhile. The caller is
    /// inside an epoch in which it found the segment, so the store's own share is still held.</summary>
    internal void Pin() => Interlocked.Increment(ref _owners);

    /// <summary>Gives up one share; the last one closes the file.</summary>
    internal void Unpin()
    {
        if (Interlocked.Decrement(ref _owners) == 0)
        {
            File.Dispose();
        }
    }

    /// <summary>The mapped bytes as managed memory, for leases.</summary>
    internal ReadOnlyMemory<byte> MemoryAt(uint offset, int length) =>
        (_memory ??= new MappedMemory(Start, checked((int)Length))).Memory.Slice((int)offset, length);

    /// <summary>Gives up the store's share. Once.</summary>
    public void Dispose() => Unpin();
}
