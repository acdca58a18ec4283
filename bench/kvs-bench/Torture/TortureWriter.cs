using System.Diagnostics;

namespace Kvs.Bench.Torture;

/// <summary>One thread that sets, removes and reads its own keys as fast as it can, and writes down what it does. What
/// it reads must be what it wrote last, for nobody else writes there.</summary>
internal sealed class TortureWriter(ITortureTarget target, Journal journal, int writer, int life, Random random)
{
    private readonly byte[] _room = new byte[TortureKeys.MaxValueBytes];
    private readonly long[] _versions = new long[TortureKeys.PerWriter];
    private readonly byte[][] _names =
        [.. Enumerable.Range(0, TortureKeys.PerWriter).Select(key => TortureKeys.NameOf(FirstKey(writer) + key))];

    private readonly WriteBatch _batch = new();

    internal static int FirstKey(int writer) => writer * TortureKeys.PerWriter;

    /// <summary>Reads all keys of a store into the journal.</summary>
    /// <exception cref="TortureException">There is something that nobody wrote.</exception>
    internal static void WriteDownWhatIsThere(ITortureTarget target, Journal journal, int writers)
    {
        byte[] room = new byte[TortureKeys.MaxValueBytes];
        int there = 0;
        for (int key = 0; key < writers * TortureKeys.PerWriter; key++)
        {
            byte[]? value = target.Get(TortureKeys.NameOf(key));
            journal.Found(key) = value is null ? 0 : TortureKeys.VersionOfValue(key, value, room);
            there += value is null ? 0 : 1;
        }

        int listed = 0;
        foreach (byte[] name in target.Keys())
        {
            listed++;
            if (TortureKeys.TryParse(name) is not { } key || key >= writers * TortureKeys.PerWriter)
            {
                throw new TortureException($"There is a key that nobody wrote: {Convert.ToHexString(name)}.");
            }
        }

        if (listed != there)
        {
            throw new TortureException($"A scan lists {listed} keys; {there} are there.");
        }
    }

    /// <summary>Goes on until it is killed, the target fails, or the journal is full.</summary>
    internal void Run()
    {
        for (int key = 0; key < _versions.Length; key++)
        {
            _versions[key] = journal.Found(FirstKey(writer) + key);
        }

        for (long write = 0; write < Journal.MaxWrites; write++)
        {
            int key = random.Next(_versions.Length);
            if (random.Next(4) == 0)
            {
                Read(key);
            }

            long version = TortureKeys.VersionOf(life, write);
            if (target.HasBatches && random.Next(4) == 0)
            {
                WriteBatch(version);
            }
            else if (random.Next(5) == 0 && _versions[key] != 0)
            {
                Remove(key);
            }
            else
            {
                Set(key, version);
            }
        }
    }

    private void Read(int key)
    {
        byte[]? value = target.Get(_names[key]);
        long version = value is null ? 0 : TortureKeys.VersionOfValue(FirstKey(writer) + key, value, _room);
        if (version != _versions[key])
        {
            throw new TortureException(
                $"Key {FirstKey(writer) + key} was read as version {version:x}; it is {_versions[key]:x}.");
        }
    }

    private void Set(int key, long version)
    {
        ReadOnlySpan<byte> value = TortureKeys.MakeValue(FirstKey(writer) + key, version, _room);
        Begin([(key, false)]);
        target.Set(_names[key], value);
        Acknowledge();
        _versions[key] = version;
    }

    private void Remove(int key)
    {
        Begin([(key, true)]);
        if (!target.Remove(_names[key]))
        {
            throw new TortureException($"Key {FirstKey(writer) + key} was not there to be removed.");
        }

        Acknowledge();
        _versions[key] = 0;
    }

    private void WriteBatch(long version)
    {
        int count = random.Next(2, JournalWrite.MaxKeys + 1);
        int first = random.Next(_versions.Length);
        Span<(int Key, bool IsRemove)> changes = stackalloc (int, bool)[count];
        _batch.Clear();
        for (int i = 0; i < count; i++)
        {
            int key = (first + (i * 5)) % _versions.Length;
            changes[i] = (key, _versions[key] != 0 && random.Next(4) == 0);
            if (changes[i].IsRemove)
            {
                _batch.Remove(_names[key]);
            }
            else
            {
                _batch.Set(_names[key], TortureKeys.MakeValue(FirstKey(writer) + key, version, _room));
            }
        }

        Begin(changes);
        target.Write(_batch);
        Acknowledge();
        foreach ((int key, bool isRemove) in changes)
        {
            _versions[key] = isRemove ? 0 : version;
        }
    }

    private void Begin(ReadOnlySpan<(int Key, bool IsRemove)> changes)
    {
        var write = new JournalWrite { Begin = Stopwatch.GetTimestamp(), Keys = changes.Length };
        for (int i = 0; i < changes.Length; i++)
        {
            write.All[i] = new JournalWrite.Change(
                FirstKey(writer) + changes[i].Key, changes[i].IsRemove ? 1 : 0);
        }

        journal.Begin(writer, write);
    }

    private void Acknowledge() => journal.Acknowledge(writer, Stopwatch.GetTimestamp());
}
