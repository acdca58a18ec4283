namespace Kvs.Tests;

/// <summary>Chooses operations and makes them on a store and its oracle. One thread.</summary>
internal sealed class ModelDriver(ModelPair pair, HandDrivenClock clock, Random random) : IDisposable
{
    private const int MostLeases = 3;

    private readonly List<(ValueLease Lease, byte[] Expected)> _leases = [];

    /// <summary>Makes one operation of any kind.</summary>
    internal void Step()
    {
        switch (random.Next(30))
        {
            case < 7:
                Set(default);
                break;
            case < 10:
                Remove();
                break;
            case < 13:
                SetWhere();
                break;
            case < 16:
                SetForATime();
                break;
            case 16 or 17:
                Increment();
                break;
            case < 22:
                WriteBatch();
                break;
            case 22:
                SetMany();
                break;
            case 23:
                ChangeExpiry();
                break;
            case 24:
                clock.Advance(TimeSpan.FromMilliseconds(random.Next(1, 4000)));
                break;
            case 25:
                Lease();
                break;
            case 26 when random.Next(3) == 0:
                pair.Store.Flush();
                pair.History.NoteDurable();
                break;
            case 27 when random.Next(3) == 0:
                pair.CompareAll();
                break;
            default:
                _ = pair.Compare(AnyKey());
                break;
        }
    }

    /// <summary>Fails unless the values that are leased are what they were.</summary>
    internal void CheckLeases()
    {
        foreach ((ValueLease lease, byte[] expected) in _leases)
        {
            Assert.True(lease.Value.Span.SequenceEqual(expected), "a leased value has changed");
        }
    }

    public void Dispose()
    {
        _leases.ForEach(held => held.Lease.Dispose());
        _leases.Clear();
    }

    private int AnyKey() => random.Next(random.Next(3) == 0 ? Math.Min(3, pair.KeyCount) : pair.KeyCount);

    private Durability? AnyDurability() => random.Next(12) switch
    {
        0 => Durability.Disk,
        1 => Durability.Interval,
        2 => Durability.Process,
        _ => null,
    };

    private bool IsDurable(Durability? durability) => (durability ?? pair.Store.Durability) == Durability.Disk;

    private void Set(WriteOptions options) => Set(AnyKey(), options);

    private void Set(int key, WriteOptions options, (ulong Store, ulong Oracle)? versions = null)
    {
        byte[] value = pair.NewValue(random);
        Durability? durability = AnyDurability();
        bool isStream = random.Next(10) == 0;
        bool isDone = false;
        pair.Write([key], (engine, isStore) =>
        {
            WriteOptions all = options with { Durability = durability };
            if (versions is { } both)
            {
                all = all with { Condition = WriteCondition.IfVersion(isStore ? both.Store : both.Oracle) };
            }

            WriteResult result = isStream
                ? engine.TrySet(pair.Key(key), new MemoryStream(value), value.Length, all)
                : engine.TrySet(pair.Key(key), value, all);
            isDone = result.IsDone;
            return result;
        });
        NoteDurable(durability, isDone);
    }

    private void SetWhere()
    {
        switch (random.Next(3))
        {
            case 0:
                Set(WriteOptions.IfAbsent with { ExpiresIn = MaybeSoon() });
                break;
            case 1:
                Set(WriteOptions.IfPresent with { KeepsExpiry = random.Next(2) == 0 });
                break;
            default:
                int key = AnyKey();
                Set(key, default, pair.Versions.Choose(key, random));
                break;
        }
    }

    private void SetForATime() => Set(random.Next(3) switch
    {
        0 => new WriteOptions { ExpiresAt = clock.Now.AddMilliseconds(random.Next(-2000, 6000)) },
        1 => new WriteOptions { ExpiresIn = TimeSpan.FromMilliseconds(random.Next(1, 6000)) },
        _ => new WriteOptions { KeepsExpiry = true },
    });

    private TimeSpan? MaybeSoon() =>
        random.Next(2) == 0 ? null : TimeSpan.FromMilliseconds(random.Next(1, 6000));

    private void Remove()
    {
        int key = AnyKey();
        int how = random.Next(3);
        Durability? durability = AnyDurability();
        (ulong Store, ulong Oracle) versions = pair.Versions.Choose(key, random);
        bool isDone = false;
        pair.Write([key], (engine, isStore) =>
        {
            WriteResult result = engine.TryRemove(pair.Key(key), new WriteOptions
            {
                Durability = durability,
                Condition = how == 0 ? WriteCondition.IfVersion(isStore ? versions.Store : versions.Oracle) : default,
            });
            isDone = result.IsDone;
            return result;
        });
        NoteDurable(durability, isDone);
    }

    private void Increment()
    {
        int key = AnyKey();
        int delta = random.Next(-5, 100);
        TimeSpan? expires = random.Next(4) == 0 ? MaybeSoon() : null;
        pair.Write([key], (engine, _) =>
            engine.Increment(pair.Key(key), delta, new WriteOptions { ExpiresIn = expires }));
    }

    private void WriteBatch()
    {
        int count = random.Next(1, 7);
        int[] keys = [.. Enumerable.Range(0, count).Select(_ => AnyKey())];
        var store = new WriteBatch();
        var oracle = new WriteBatch();
        foreach (int key in keys)
        {
            switch (random.Next(10))
            {
                case < 6:
                    byte[] value = pair.NewValue(random);
                    DateTimeOffset? expiry = random.Next(4) == 0
                        ? clock.Now.AddMilliseconds(random.Next(-2000, 6000))
                        : null;
                    store.Set(pair.Key(key), value, expiry);
                    oracle.Set(pair.Key(key), value, expiry);
                    break;
                case < 9:
                    store.Remove(pair.Key(key));
                    oracle.Remove(pair.Key(key));
                    break;
                default:
                    (ulong Store, ulong Oracle) versions = pair.Versions.Choose(key, random);
                    store.Require(pair.Key(key), versions.Store);
                    oracle.Require(pair.Key(key), versions.Oracle);
                    break;
            }
        }

        Durability? durability = AnyDurability();
        bool isDone = false;
        pair.Write(keys, (engine, isStore) => isDone = engine.TryWrite(isStore ? store : oracle, durability));
        NoteDurable(durability, isDone);
    }

    private void SetMany()
    {
        KvsEntry[] entries = new KvsEntry[random.Next(1, 10)];
        int[] keys = new int[entries.Length];
        for (int i = 0; i < entries.Length; i++)
        {
            keys[i] = AnyKey();
            entries[i] = new KvsEntry(pair.Key(keys[i]), pair.NewValue(random));
        }

        // One after the other: each is a moment of its own.
        pair.History.Begin(entries.Length);
        var options = new WriteOptions { KeepsExpiry = random.Next(3) == 0, Durability = AnyDurability() };
        pair.Store.SetMany(entries, options);
        for (int i = 0; i < entries.Length; i++)
        {
            pair.Oracle.SetMany([entries[i]], options);
            _ = pair.Oracle.TryRead(pair.Key(keys[i]), [], out ValueInfo info);
            pair.History.Add((keys[i], new Held(entries[i].Value.ToArray(), info.ExpiryMilliseconds)));
        }

        NoteDurable(options.Durability, isDone: true);
    }

    private void ChangeExpiry()
    {
        int key = AnyKey();
        DateTimeOffset moment = clock.Now.AddMilliseconds(random.Next(-1000, 6000));
        bool persists = random.Next(2) == 0;
        pair.Write([key], (engine, _) =>
            persists ? engine.Persist(pair.Key(key)) : engine.TryExpire(pair.Key(key), moment));
    }

    private void Lease()
    {
        CheckLeases();
        if (_leases.Count == MostLeases)
        {
            _leases[0].Lease.Dispose();
            _leases.RemoveAt(0);
        }

        int key = AnyKey();
        ValueLease? lease = pair.Store.TryLease(pair.Key(key));
        bool isThere = pair.Oracle.TryGet(pair.Key(key), out byte[]? value);
        Assert.Equal(isThere, lease is not null);
        if (lease is not null)
        {
            _leases.Add((lease, value!));
        }
    }

    private void NoteDurable(Durability? durability, bool isDone)
    {
        if (isDone && IsDurable(durability))
        {
            pair.History.NoteDurable();
        }
    }
}
