using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Kvs.Bench.Workloads;

namespace Kvs.Bench.Drivers.Lmdb;

/// <summary>What one thread uses LMDB with: a read transaction that is renewed for each call that gets, and a new write
/// transaction for each that sets.</summary>
internal sealed unsafe class LmdbSession : IDriverSession
{
    private readonly nint _environment;
    private readonly uint _database;
    private readonly nint _reader;

    internal LmdbSession(nint environment, uint database)
    {
        _environment = environment;
        _database = database;
        LmdbLibrary.Check(LmdbLibrary.Begin(environment, 0, LmdbLibrary.ReadOnly, out _reader));
        LmdbLibrary.Reset(_reader);
    }

    /// <inheritdoc/>
    public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        LmdbLibrary.Check(LmdbLibrary.Begin(_environment, 0, 0, out nint transaction));
        int result;
        fixed (byte* keyStart = key, valueStart = value)
        {
            result = Put(transaction, keyStart, key.Length, valueStart, value.Length);
        }

        End(transaction, result);
    }

    /// <inheritdoc/>
    public bool TryGet(ReadOnlySpan<byte> key, Span<byte> destination, out int valueBytes)
    {
        LmdbLibrary.Check(LmdbLibrary.Renew(_reader));
        bool isThere;
        fixed (byte* keyStart = key)
        {
            isThere = TryFind(keyStart, key.Length, out LmdbLibrary.Bytes value);
            valueBytes = (int)value.Length;
            if (valueBytes <= destination.Length)
            {
                value.Span.CopyTo(destination);
            }
        }

        LmdbLibrary.Reset(_reader);
        return isThere;
    }

    /// <inheritdoc/>
    public void SetMany(ReadOnlySpan<KvsEntry> entries)
    {
        LmdbLibrary.Check(LmdbLibrary.Begin(_environment, 0, 0, out nint transaction));
        int result = 0;
        for (int i = 0; i < entries.Length && result == 0; i++)
        {
            ref readonly KvsEntry entry = ref entries[i];
            result = Put(transaction, Start(entry.Key), entry.Key.Length, Start(entry.Value), entry.Value.Length);
        }

        End(transaction, result);
    }

    /// <inheritdoc/>
    public void GetMany(ReadOnlySpan<ReadOnlyMemory<byte>> keys, ref CheckedValues values)
    {
        LmdbLibrary.Check(LmdbLibrary.Renew(_reader));
        for (int i = 0; i < keys.Length; i++)
        {
            if (TryFind(Start(keys[i]), keys[i].Length, out LmdbLibrary.Bytes value))
            {
                values.Found(i, value.Span, default);
            }
            else
            {
                values.Missing(i);
            }
        }

        LmdbLibrary.Reset(_reader);
    }

    /// <inheritdoc/>
    public void Dispose() => LmdbLibrary.Abort(_reader);

    /// <summary>Where bytes in pinned memory begin.</summary>
    private static byte* Start(ReadOnlyMemory<byte> pinned) =>
        (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(pinned.Span));

    private static void End(nint transaction, int result)
    {
        if (result != 0)
        {
            LmdbLibrary.Abort(transaction);
            LmdbLibrary.Check(result);
        }

        LmdbLibrary.Check(LmdbLibrary.Commit(transaction));
    }

    private int Put(nint transaction, byte* key, int keyBytes, byte* value, int valueBytes)
    {
        var keyPart = new LmdbLibrary.Bytes { Length = (nuint)keyBytes, Start = key };
        var valuePart = new LmdbLibrary.Bytes { Length = (nuint)valueBytes, Start = value };
        return LmdbLibrary.Put(transaction, _database, &keyPart, &valuePart, 0);
    }

    private bool TryFind(byte* key, int keyBytes, out LmdbLibrary.Bytes value)
    {
        var keyPart = new LmdbLibrary.Bytes { Length = (nuint)keyBytes, Start = key };
        LmdbLibrary.Bytes found = default;
        int result = LmdbLibrary.Get(_reader, _database, &keyPart, &found);
        value = found;
        if (result == LmdbLibrary.NotFound)
        {
            return false;
        }

        LmdbLibrary.Check(result);
        return true;
    }
}
