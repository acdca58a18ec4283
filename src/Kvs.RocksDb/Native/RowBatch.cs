namespace Kvs.RocksDb.Native;

/// <summary>Writes that are made as one. Belongs to one thread; to be disposed.</summary>
internal readonly unsafe ref struct RowBatch : IDisposable
{
    /// <summary>Makes an empty one.</summary>
    public RowBatch() => Handle = RocksDbLibrary.CreateBatch();

    internal nint Handle { get; }

    /// <summary>Puts a row under a key: its header and what follows, which need not be one piece.</summary>
    internal void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> header, ReadOnlySpan<byte> rest)
    {
        byte** parts = stackalloc byte*[2];
        nuint* partBytes = stackalloc nuint[2];
        fixed (byte* keyStart = key, headerStart = header, restStart = rest)
        {
            byte* keyPart = keyStart;
            nuint keyBytes = (nuint)key.Length;
            parts[0] = headerStart;
            partBytes[0] = (nuint)header.Length;
            parts[1] = restStart;
            partBytes[1] = (nuint)rest.Length;
            RocksDbLibrary.AddPut(Handle, 1, &keyPart, &keyBytes, 2, parts, partBytes);
        }
    }

    /// <summary>Removes the row under a key, if there is one.</summary>
    internal void Remove(ReadOnlySpan<byte> key)
    {
        fixed (byte* keyStart = key)
        {
            RocksDbLibrary.AddDelete(Handle, keyStart, (nuint)key.Length);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => RocksDbLibrary.DestroyBatch(Handle);
}
