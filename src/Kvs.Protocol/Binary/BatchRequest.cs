using System.Buffers.Binary;

namespace Kvs.Protocol.Binary;

/// <summary>
/// Encodes a batch: any number of operations in one request. May be used again and again, and allocates only to grow.
/// </summary>
/// <remarks>Not thread-safe. The grammar of an operation is that of <see cref="BatchItem"/>. What a server takes of
/// keys, values and requests as a whole, it says in its handshake; nothing is checked here.</remarks>
public sealed class BatchRequest
{
    /// <summary>The longest key that the grammar can say, in bytes.</summary>
    public const int MaxKeyBytes = (1 << 24) - 1;

    private byte[] _bytes;
    private int _start;
    private int _end;

    /// <summary>Makes an empty batch.</summary>
    /// <param name="capacityBytes">Room to begin with, in bytes.</param>
    public BatchRequest(int capacityBytes = 1024)
    {
        _bytes = new byte[Math.Max(capacityBytes, BinaryProtocol.HeaderBytes + RequestFields.MaxBytes)];
        Clear();
    }

    /// <summary>Operations in the batch.</summary>
    public int Count { get; private set; }

    /// <summary>The body's length without the fields of the whole, in bytes.</summary>
    public int BodyBytes => _end - _start;

    /// <summary>The operations as they are sent; valid until the batch changes.</summary>
    public ReadOnlySpan<byte> Body => _bytes.AsSpan(_start, BodyBytes);

    /// <summary>Takes everything out; the memory stays for the next use.</summary>
    public void Clear()
    {
        // In front of the operations, there is room for the header and the fields of the whole.
        _start = _end = BinaryProtocol.HeaderBytes + RequestFields.MaxBytes;
        Count = 0;
    }

    /// <summary>Adds a get: its result is the value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="saysVersion">Whether the result says version and expiry as well.</param>
    public void Get(ReadOnlySpan<byte> key, bool saysVersion = false) =>
        Add(Operation.Get, key, new RequestFields(saysVersion ? RequestFlags.SaysVersion : RequestFlags.None));

    /// <summary>Adds a set.</summary>
    public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, in RequestFields fields = default)
    {
        Span<byte> room = Begin(Operation.Set, key.Length, fields, sizeof(uint) + key.Length + value.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(room, (uint)value.Length);
        key.CopyTo(room[sizeof(uint)..]);
        value.CopyTo(room[(sizeof(uint) + key.Length)..]);
    }

    /// <summary>Adds a remove.</summary>
    public void Remove(ReadOnlySpan<byte> key, in RequestFields fields = default) => Add(Operation.Remove, key, fields);

    /// <summary>Adds an increment: its result is the sum.</summary>
    public void Increment(ReadOnlySpan<byte> key, long delta, in RequestFields fields = default) =>
        AddNumber(Operation.Increment, key, (ulong)delta, fields);

    /// <summary>Lets an atomic batch be made only if a key has a version; 0 is that of a key that is not there.
    /// </summary>
    public void Require(ReadOnlySpan<byte> key, ulong version) => AddNumber(Operation.Require, key, version, default);

    /// <summary>Adds an operation of another batch as it is.</summary>
    public void Add(ReadOnlySpan<byte> body, in BatchItem item)
    {
        int bytes = item.End - item.Start;
        body.Slice(item.Start, bytes).CopyTo(Take(bytes));
        Count++;
    }

    /// <summary>The whole request, ready to be sent; valid until the batch changes.</summary>
    /// <param name="requestId">The number that its replies carry.</param>
    /// <param name="operation"><see cref="Operation.Batch"/> or <see cref="Operation.AtomicBatch"/>.</param>
    /// <param name="durability">What all its writes must have reached when they are answered, unless one of them says
    /// otherwise; what the server does by itself when null.</param>
    public ReadOnlyMemory<byte> ToFrame(
        uint requestId, Operation operation = Operation.Batch, Durability? durability = null)
    {
        var fields = durability is null
            ? default
            : new RequestFields(RequestFlags.Durability, durability.Value);
        int bodyStart = _start - fields.Bytes;
        fields.Write(_bytes.AsSpan(bodyStart));
        int frameStart = bodyStart - BinaryProtocol.HeaderBytes;
        new FrameHeader((byte)operation, (ushort)fields.Flags, requestId, (uint)(_end - bodyStart))
            .Write(_bytes.AsSpan(frameStart), BinaryProtocol.RequestMagic);
        return _bytes.AsMemory(frameStart, _end - frameStart);
    }

    private void Add(Operation operation, ReadOnlySpan<byte> key, in RequestFields fields) =>
        key.CopyTo(Begin(operation, key.Length, fields, key.Length));

    private void AddNumber(Operation operation, ReadOnlySpan<byte> key, ulong number, in RequestFields fields)
    {
        Span<byte> room = Begin(operation, key.Length, fields, sizeof(ulong) + key.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(room, number);
        key.CopyTo(room[sizeof(ulong)..]);
    }

    /// <summary>Writes what comes first in every operation and returns room for the rest.</summary>
    private Span<byte> Begin(Operation operation, int keyBytes, in RequestFields fields, int restBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keyBytes, MaxKeyBytes);
        Count++;
        if (fields.Flags == RequestFlags.None)
        {
            Span<byte> plain = Take(BatchItem.HeadBytes + restBytes);
            BinaryPrimitives.WriteUInt32LittleEndian(plain, (byte)operation | ((uint)keyBytes << 8));
            return plain[BatchItem.HeadBytes..];
        }

        int fieldBytes = fields.Bytes;
        Span<byte> room = Take(BatchItem.HeadBytes + sizeof(ushort) + fieldBytes + restBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(
            room, (uint)((byte)operation | BatchItem.FlagsFollow) | ((uint)keyBytes << 8));
        BinaryPrimitives.WriteUInt16LittleEndian(room[BatchItem.HeadBytes..], (ushort)fields.Flags);
        fields.Write(room[(BatchItem.HeadBytes + sizeof(ushort))..]);
        return room[(BatchItem.HeadBytes + sizeof(ushort) + fieldBytes)..];
    }

    private Span<byte> Take(int bytes)
    {
        if (_bytes.Length - _end < bytes)
        {
            int needed = checked(_end + bytes);
            Array.Resize(ref _bytes, (int)Math.Min(Math.Max(2L * _bytes.Length, needed), Array.MaxLength));
        }

        Span<byte> room = _bytes.AsSpan(_end, bytes);
        _end += bytes;
        return room;
    }
}
