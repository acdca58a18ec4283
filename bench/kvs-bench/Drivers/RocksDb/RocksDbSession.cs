using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Kvs.Bench.Workloads;

namespace Kvs.Bench.Drivers.RocksDb;

/// <summary>What one thread uses RocksDB with.</summary>
internal sealed unsafe class RocksDbSession(nint database, nint family, nint readOptions, nint writeOptions)
    : IDriverSession
{
    private readonly nint _batch = RocksDbLibrary.CreateBatch();

    // One element for each key of a call that gets.
    private byte*[] _keys = [];
    private nuint[] _keyBytes = [];
    private nint[] _values = [];
    private byte*[] _errors = [];

    /// <inheritdoc/>
    public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        byte* error = null;
        fixed (byte* keyStart = key, valueStart = value)
        {
            RocksDbLibrary.Put(database, writeOptions, keyStart, (nuint)key.Length, valueStart, (nuint)value.Length,
                &error);
        }

        RocksDbLibrary.Check(error);
    }

    /// <inheritdoc/>
    public bool TryGet(ReadOnlySpan<byte> key, Span<byte> destination, out int valueBytes)
    {
        byte* error = null;
        nint pinned;
        fixed (byte* keyStart = key)
        {
            pinned = RocksDbLibrary.Get(database, readOptions, keyStart, (nuint)key.Length, &error);
        }

        RocksDbLibrary.Check(error);
        valueBytes = 0;
        if (pinned == 0)
        {
            return false;
        }

        ReadOnlySpan<byte> value = ValueOf(pinned);
        valueBytes = value.Length;
        if (valueBytes <= destination.Length)
        {
            value.CopyTo(destination);
        }

        RocksDbLibrary.DestroyPinned(pinned);
        return true;
    }

    /// <inheritdoc/>
    public void SetMany(ReadOnlySpan<KvsEntry> entries)
    {
        RocksDbLibrary.ClearBatch(_batch);
        foreach (ref readonly KvsEntry entry in entries)
        {
            RocksDbLibrary.AddPut(_batch, Start(entry.Key), (nuint)entry.Key.Length, Start(entry.Value),
                (nuint)entry.Value.Length);
        }

        byte* error = null;
        RocksDbLibrary.Write(database, writeOptions, _batch, &error);
        RocksDbLibrary.Check(error);
    }

    /// <inheritdoc/>
    public void GetMany(ReadOnlySpan<ReadOnlyMemory<byte>> keys, ref CheckedValues values)
    {
        if (keys.Length > _keys.Length)
        {
            Grow(keys.Length);
        }

        for (int i = 0; i < keys.Length; i++)
        {
            _keys[i] = Start(keys[i]);
            _keyBytes[i] = (nuint)keys[i].Length;
        }

        fixed (byte** allKeys = _keys, errors = _errors)
        fixed (nuint* keyBytes = _keyBytes)
        fixed (nint* pinned = _values)
        {
            RocksDbLibrary.GetMany(database, readOptions, family, (nuint)keys.Length, allKeys, keyBytes, pinned, errors,
                isSorted: 0);
        }

        for (int i = 0; i < keys.Length; i++)
        {
            RocksDbLibrary.Check(_errors[i]);
            if (_values[i] == 0)
            {
                values.Missing(i);
                continue;
            }

            values.Found(i, ValueOf(_values[i]), default);
            RocksDbLibrary.DestroyPinned(_values[i]);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => RocksDbLibrary.DestroyBatch(_batch);

    /// <summary>Where bytes in pinned memory begin.</summary>
    private static byte* Start(ReadOnlyMemory<byte> pinned) =>
        (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(pinned.Span));

    private static ReadOnlySpan<byte> ValueOf(nint pinned)
    {
        byte* value = RocksDbLibrary.GetValue(pinned, out nuint bytes);
        return new ReadOnlySpan<byte>(value, (int)bytes);
    }

    private void Grow(int count)
    {
        _keys = new byte*[count];
        _keyBytes = new nuint[count];
        _values = new nint[count];
        _errors = new byte*[count];
    }
}
