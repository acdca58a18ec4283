namespace Kvs.RocksDb.Native;

/// <summary>Goes through the rows of a database in the order of their keys, as they were when it was made.</summary>
internal readonly unsafe ref struct RowIterator : IDisposable
{
    private readonly RocksDatabase _database;
    private readonly nint _iterator;

    internal RowIterator(RocksDatabase database, nint iterator, scoped ReadOnlySpan<byte> from)
    {
        _database = database;
        _iterator = iterator;
        fixed (byte* start = from)
        {
            RocksDbLibrary.Seek(iterator, start, (nuint)from.Length);
        }
    }

    /// <summary>The present row's key; valid up to the next step.</summary>
    internal ReadOnlySpan<byte> Key
    {
        get
        {
            byte* start = RocksDbLibrary.GetIteratorKey(_iterator, out nuint bytes);
            return new ReadOnlySpan<byte>(start, (int)bytes);
        }
    }

    /// <summary>The present row; valid up to the next step.</summary>
    internal ReadOnlySpan<byte> Row
    {
        get
        {
            byte* start = RocksDbLibrary.GetIteratorValue(_iterator, out nuint bytes);
            return new ReadOnlySpan<byte>(start, (int)bytes);
        }
    }

    /// <summary>Whether there is a present row; false at the end.</summary>
    /// <exception cref="KvsDamageException">The row is not as it was written.</exception>
    internal bool IsThere()
    {
        if (RocksDbLibrary.IsValid(_iterator) != 0)
        {
            return true;
        }

        byte* error = null;
        RocksDbLibrary.GetIteratorError(_iterator, &error);
        _database.Check(error);
        return false;
    }

    /// <summary>Goes to the next row.</summary>
    internal void Step() => RocksDbLibrary.Next(_iterator);

    /// <inheritdoc/>
    public void Dispose() => RocksDbLibrary.DestroyIterator(_iterator);
}
