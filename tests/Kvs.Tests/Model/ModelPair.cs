using System.Globalization;
using System.Text;
using Kvs.Memory;

namespace Kvs.Tests;

/// <summary>A store and the oracle beside it, which are asked the same and must answer the same. One thread.</summary>
internal sealed class ModelPair
{
    private const int LongKeyBytes = 700;

    private readonly byte[][] _keys;
    private readonly ModelVersions _versions;
    private KvStore? _store;
    private int _lastValue;

    internal ModelPair(int keys, HandDrivenClock clock)
    {
        // Some keys are long, so that their tombstones fill segments.
        _keys = [.. Enumerable.Range(0, keys).Select(key => Encoding.ASCII.GetBytes(
            $"k{key}".PadRight(key % 5 == 4 ? LongKeyBytes : 1, '.')))];
        Clock = clock;
        _versions = new ModelVersions(keys);
        History = new ModelHistory(keys);
        Oracle = new MemoryEngine(clock: clock);
    }

    internal ModelHistory History { get; }

    internal ModelVersions Versions => _versions;

    internal ModelLeases Leases { get; } = new();

    /// <summary>What both take for the time.</summary>
    internal HandDrivenClock Clock { get; }

    internal MemoryEngine Oracle { get; private set; }

    internal KvStore Store => _store!;

    internal int KeyCount => _keys.Length;

    internal byte[] Key(int key) => _keys[key];

    /// <summary>The bytes of a value.</summary>
    internal byte[] NewValue(ModelValue value)
    {
        if (value.Number is { } number)
        {
            return Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));
        }

        byte[] bytes = new byte[value.Bytes];
        bytes.AsSpan().Fill((byte)(++_lastValue | 1));
        _ = BitConverter.TryWriteBytes(bytes, _lastValue);
        return bytes;
    }

    /// <summary>Goes on with a store that was opened: it must stand at one of these moments, and the oracle is put
    /// there too.</summary>
    internal void GoOnWith(KvStore store, int least, int most)
    {
        _store = store;
        var held = new Held?[KeyCount];
        ulong[] versions = new ulong[KeyCount];
        for (int key = 0; key < KeyCount; key++)
        {
            held[key] = Read(store, key, out versions[key]);
        }

        History.Find(held, least, most, Clock.Now.ToUnixTimeMilliseconds());
        History.Restart(held);
        Oracle.Dispose();
        Oracle = new MemoryEngine(clock: Clock);
        for (int key = 0; key < KeyCount; key++)
        {
            ulong oracle = 0;
            if (held[key] is { } there)
            {
                DateTimeOffset? expiry =
                    there.Expiry == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(there.Expiry);
                oracle = Oracle.TrySet(Key(key), there.Value, new WriteOptions { ExpiresAt = expiry }).Version;
            }

            _versions.Restart(key, versions[key], oracle);
        }
    }

    /// <summary>Makes a write on both, which touches these keys as one, and fails where they disagree.</summary>
    internal void Write<T>(int[] keys, Func<IKvsEngine, bool, T> write)
    {
        History.Begin(1);
        (object? store, bool hasFailed) = Try(() => write(Store, true));
        (object? oracle, bool mustFail) = Try(() => write(Oracle, false));
        Assert.Equal(mustFail, hasFailed);
        if (store is WriteResult result)
        {
            Compare(keys[0], result, (WriteResult)oracle!);
        }
        else
        {
            Assert.Equal(oracle, store);
        }

        History.Add([.. keys.Distinct().Select(key => (key, Read(Oracle, key, out _)))]);
    }

    /// <summary>A write was answered: where that means that it is on disk, so is all before it.</summary>
    internal void NoteDurable(Durability? durability, bool isDone)
    {
        if (isDone && (durability ?? Store.Durability) == Durability.Disk)
        {
            History.NoteDurable();
        }
    }

    /// <summary>Fails unless both hold the same under all keys, asked in every way.</summary>
    internal void CompareAll()
    {
        ReadOnlyMemory<byte>[] keys = [.. _keys.Select(key => new ReadOnlyMemory<byte>(key))];
        byte[]?[] many = Store.GetMany(keys);
        var scanned = new Dictionary<string, byte[]>();
        foreach (ScanPage page in Store.ScanPages(maxEntries: 7))
        {
            foreach (KvsEntry entry in page.Entries)
            {
                Assert.True(scanned.TryAdd(Encoding.ASCII.GetString(entry.Key.Span), entry.Value.ToArray()));
            }
        }

        int there = 0;
        for (int key = 0; key < KeyCount; key++)
        {
            Held? held = Compare(key);
            there += held is null ? 0 : 1;
            Assert.True(many[key].AsSpan().SequenceEqual(held?.Value) && (many[key] is null) == (held is null));
            byte[]? seen = scanned.GetValueOrDefault(Encoding.ASCII.GetString(Key(key)));
            Assert.True(seen.AsSpan().SequenceEqual(held?.Value) && (seen is null) == (held is null));
        }

        Assert.Equal(there, scanned.Count);
    }

    /// <summary>Fails unless both hold the same under a key; returns what.</summary>
    internal Held? Compare(int key)
    {
        Held? store = Read(Store, key, out ulong version);
        Held? oracle = Read(Oracle, key, out ulong oracleVersion);
        Assert.True(Held.AreEqual(oracle, store),
            $"key {key} has {Held.Describe(store)}, in place of {Held.Describe(oracle)}");
        if (store is not null)
        {
            _versions.NoteRead(key, version, oracleVersion);
        }

        return store;
    }

    private void Compare(int key, WriteResult store, WriteResult oracle)
    {
        Assert.Equal(oracle.IsDone, store.IsDone);
        Assert.Equal(oracle.Version == 0, store.Version == 0);
        if (store.IsDone && store.Version != 0)
        {
            _versions.NoteWritten(key, store.Version, oracle.Version);
        }
        else if (store.Version != 0)
        {
            _versions.NoteRead(key, store.Version, oracle.Version);
        }
    }

    private static (object? Result, bool HasFailed) Try<T>(Func<T> write)
    {
        try
        {
            return (write(), false);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            return (e.GetType(), true);
        }
    }

    private Held? Read(IKvsEngine engine, int key, out ulong version)
    {
        bool isThere = engine.TryGet(Key(key), out byte[]? value, out ValueInfo info);
        version = info.Version;
        return isThere ? new Held(value!, info.ExpiryMilliseconds) : null;
    }
}
