using System.Text.RegularExpressions;

namespace Kvs.RocksDb.Native;

/// <summary>An open database of RocksDB: rows of bytes under keys of bytes.</summary>
/// <remarks>
/// Any thread may call any member but <see cref="Dispose"/>, which comes last: nobody may be in any other member then,
/// and nothing that one of them returned may be in use.
/// </remarks>
internal sealed unsafe partial class RocksDatabase : IDisposable
{
    /// <summary>Room on the stack for the pointers of so many keys.</summary>
    internal const int MaxKeysAtOnce = 128;

    /// <summary>Each opening begins another log of events, and keeps those before up to this number.</summary>
    private const int KeptLogs = 10;

    private static readonly string[] s_backgroundWork =
    [
        "rocksdb.mem-table-flush-pending", "rocksdb.compaction-pending", "rocksdb.num-running-flushes",
        "rocksdb.num-running-compactions",
    ];

    private readonly string _folder;
    private readonly ExpiredRowFilter _filter;
    private readonly nint _options;
    private readonly nint _readOptions;
    private readonly nint _scanOptions;
    private readonly nint _writeOptions;
    private readonly nint _syncOptions;
    private readonly nint _database;
    private readonly nint _family;

    /// <summary>Opens a database, and makes it where there is none.</summary>
    /// <exception cref="KvsDamageException">It is not as it was written.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    internal RocksDatabase(string folder, int blockCacheMiB, TimeProvider clock)
    {
        _folder = folder;
        _filter = new ExpiredRowFilter(clock);
        _options = RocksDbLibrary.CreateOptions();

        // RocksDB makes a new database wherever one file is missing, and leaves the tables beside it to their fate.
        RocksDbLibrary.SetCreateIfMissing(_options, HoldsData(folder) ? (byte)0 : (byte)1);
        RocksDbLibrary.SetCompression(_options, RocksDbLibrary.NoCompression);
        RocksDbLibrary.SetLogLevel(_options, RocksDbLibrary.LogWarnings);
        RocksDbLibrary.SetKeptLogs(_options, KeptLogs);
        RocksDbLibrary.IncreaseParallelism(_options, Environment.ProcessorCount);
        RocksDbLibrary.OptimizeForPointLookup(_options, (ulong)blockCacheMiB);
        RocksDbLibrary.SetCompactionFilter(_options, _filter.Handle);
        _readOptions = RocksDbLibrary.CreateReadOptions();
        _scanOptions = RocksDbLibrary.CreateReadOptions();

        // A scan passes by once: what gets ask for again and again must not leave the cache for it.
        RocksDbLibrary.SetFillCache(_scanOptions, 0);
        _writeOptions = RocksDbLibrary.CreateWriteOptions();
        _syncOptions = RocksDbLibrary.CreateWriteOptions();
        RocksDbLibrary.SetSync(_syncOptions, 1);
        try
        {
            (_database, _family) = Open();
        }
        catch
        {
            DestroyOptions();
            throw;
        }
    }

    /// <summary>Whether RocksDB is at work in the background, or is about to be.</summary>
    internal bool IsBusy => s_backgroundWork.Any(property => GetProperty(property) != 0);

    /// <summary>A figure by its name; 0 where this version does not know it.</summary>
    internal long GetProperty(string name) =>
        RocksDbLibrary.GetProperty(_database, name, out ulong value) == 0 ? (long)value : 0;

    /// <summary>The row under a key. To be disposed.</summary>
    internal PinnedRow Get(scoped ReadOnlySpan<byte> key)
    {
        byte* error = null;
        nint pinned;
        fixed (byte* start = key)
        {
            pinned = RocksDbLibrary.Get(_database, _readOptions, start, (nuint)key.Length, &error);
        }

        Check(error);
        return new PinnedRow(pinned);
    }

    /// <summary>The rows under some keys, each as <see cref="RocksDbLibrary.Get"/> has it, and where that failed, a
    /// message.</summary>
    /// <param name="keys">The keys, one behind the other.</param>
    /// <param name="keyBytes">Their lengths, at most <see cref="MaxKeysAtOnce"/>.</param>
    /// <param name="pinned">Room for a row each.</param>
    /// <param name="errors">Room for a message each.</param>
    internal void GetMany(ReadOnlySpan<byte> keys, ReadOnlySpan<nuint> keyBytes, Span<nint> pinned, Span<nint> errors)
    {
        byte** starts = stackalloc byte*[MaxKeysAtOnce];
        fixed (byte* allKeys = keys)
        fixed (nuint* lengths = keyBytes)
        fixed (nint* values = pinned, messages = errors)
        {
            byte* next = allKeys;
            for (int i = 0; i < keyBytes.Length; i++)
            {
                starts[i] = next;
                next += keyBytes[i];
            }

            RocksDbLibrary.GetMany(_database, _readOptions, _family, (nuint)keyBytes.Length, starts, lengths, values,
                (byte**)messages, isSorted: 0);
        }
    }

    /// <summary>Makes all writes of a batch as one. Its record in the log is in the kernel's hands when this returns,
    /// and with <paramref name="sync"/> on disk, together with all before it.</summary>
    internal void Write(in RowBatch batch, bool sync)
    {
        byte* error = null;
        RocksDbLibrary.Write(_database, sync ? _syncOptions : _writeOptions, batch.Handle, &error);
        Check(error);
    }

    /// <summary>Makes everything durable that was written before.</summary>
    internal void SyncLog()
    {
        byte* error = null;
        RocksDbLibrary.FlushLog(_database, sync: 1, &error);
        Check(error);
    }

    /// <summary>Merges all tables, and drops what has expired.</summary>
    internal void Compact() => RocksDbLibrary.Compact(_database, from: null, 0, to: null, 0);

    /// <summary>Goes through rows in the order of their keys, as they are at this moment. To be disposed.</summary>
    internal RowIterator Iterate(scoped ReadOnlySpan<byte> from) =>
        new(this, RocksDbLibrary.CreateIterator(_database, _scanOptions), from);

    /// <inheritdoc cref="Check(byte*)"/>
    internal void Check(nint error) => Check((byte*)error);

    /// <summary>Takes no notice of what a call has left, message or none.</summary>
    internal static void Forget(nint error)
    {
        if (error != 0)
        {
            RocksDbLibrary.Free((void*)error);
        }
    }

    /// <summary>Throws where a call has left a message.</summary>
    /// <exception cref="KvsDamageException">Stored bytes are not what was written.</exception>
    /// <exception cref="IOException">Anything else.</exception>
    internal void Check(byte* error)
    {
        if (error != null)
        {
            throw Failure(RocksDbLibrary.TakeMessage(error));
        }
    }

    /// <summary>Ends it. What is written is in the log, and is found there by the next opening.</summary>
    public void Dispose()
    {
        RocksDbLibrary.CancelBackgroundWork(_database, wait: 1);
        RocksDbLibrary.DestroyFamily(_family);
        RocksDbLibrary.Close(_database);
        DestroyOptions();
    }

    private static bool HoldsData(string folder) => Directory.Exists(folder) && Directory.EnumerateFiles(folder)
        .Any(file => Path.GetExtension(file) is ".sst" or ".log");

    private (nint Database, nint Family) Open()
    {
        nint options = _options;
        nint family = 0;
        byte* error = null;
        nint database;
        fixed (byte* name = RocksDbLibrary.DefaultFamily)
        {
            byte* names = name;
            database = RocksDbLibrary.Open(_options, _folder, families: 1, &names, &options, &family, &error);
        }

        Check(error);
        return (database, family);
    }

    private Exception Failure(string message)
    {
        if (!message.StartsWith("Corruption", StringComparison.Ordinal))
        {
            return new IOException($"RocksDB says '{message}' of {_folder}.");
        }

        // Of a block it says where: "... in /data/rocksdb/000010.sst offset 4096 size 4053".
        Match place = BlockPlace.Match(message);
        return place.Success && long.TryParse(place.Groups[2].ValueSpan, out long offset)
            ? new KvsDamageException(place.Groups[1].Value, offset, $"RocksDB says '{message}'")
            : new KvsDamageException(_folder, 0, $"RocksDB says '{message}'");
    }

    [GeneratedRegex(" in (/.+) offset ([0-9]+) size [0-9]+")]
    private static partial Regex BlockPlace { get; }

    private void DestroyOptions()
    {
        RocksDbLibrary.DestroyReadOptions(_readOptions);
        RocksDbLibrary.DestroyReadOptions(_scanOptions);
        RocksDbLibrary.DestroyWriteOptions(_writeOptions);
        RocksDbLibrary.DestroyWriteOptions(_syncOptions);
        RocksDbLibrary.DestroyOptions(_options);
        _filter.Dispose();
    }
}
