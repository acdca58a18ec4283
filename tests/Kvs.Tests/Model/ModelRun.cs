using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>
/// The life of a small store, as a seed decides it: operations of every kind, compaction, and every now and then the
/// death of the process, a power cut, or a proper end, at any moment, that of recovery included. After each, the store
/// must stand where its level of durability says.
/// </summary>
internal sealed class ModelRun : IDisposable
{
    private readonly Random _random;
    private readonly HandDrivenClock _clock = new();
    private readonly ModelPair _pair;
    private readonly ModelChooser _chooser;
    private readonly KvStoreOptions _options;
    private readonly List<string> _story = [];
    private SimulatedFiles _files = new();

    internal ModelRun(int seed)
    {
        _random = new Random(seed);
        _pair = new ModelPair(_random.Next(1, 40), _clock);
        _chooser = new ModelChooser(_pair.KeyCount, _random);
        _options = new KvStoreOptions
        {
            Durability = _random.Next(4) switch
            {
                0 => Durability.Disk,
                1 => Durability.Process,
                _ => Durability.Interval,
            },
            SyncInterval = TimeSpan.FromMilliseconds(_random.Next(3) == 0 ? 1 : 3_600_000),
            Partitions = _random.Next(1, 5),
            Lanes = _random.Next(2, 4),
            SegmentBytes = SmallStore.SegmentBytes,
            FirstSegmentBytes = SmallStore.SegmentBytes,
            Clock = _clock,
            Compaction = new CompactionOptions
            {
                IsAutomatic = _random.Next(3) != 0,
                GarbageRatio = _random.Next(2) == 0 ? 0.05 : 0.35,
                RoundBytes = _random.Next(2) == 0 ? 1 : 64 * 1024 * 1024,
                CensusRatio = _random.Next(2) == 0 ? -1 : 0.05,
            },
        };
        _story.Add($"{_pair.KeyCount} keys, {_options.Durability}, {_options.Partitions} partitions, " +
            $"{_options.Lanes} lanes, {_options.Compaction}, rounds of {_options.Compaction.RoundBytes}");
    }

    /// <summary>What has happened so far.</summary>
    internal string Story => string.Join(Environment.NewLine, _story);

    /// <summary>Runs it.</summary>
    internal void Run()
    {
        var stands = default(Standing);
        int lives = _random.Next(2, 5);
        for (int life = 0; life < lives; life++)
        {
            stands = LiveOnce(stands);
        }

        using KvStore last = Open();
        _pair.GoOnWith(last, stands.Least, stands.Most);
        _pair.CompareAll();
    }

    public void Dispose()
    {
        _pair.Leases.Dispose();
        _pair.Oracle.Dispose();
        _files.Dispose();
    }

    /// <summary>Opens the store, uses it, and ends it somehow.</summary>
    private Standing LiveOnce(Standing before)
    {
        using var crash = new CrashPoint(_files, _random, _pair.History);
        crash.Arm(isOpening: true);
        KvStore store = Open();
        crash.Disarm();
        if (crash.Taken is { } early)
        {
            // Died in the middle of opening: what counts is what was there before.
            store.Dispose();
            return GoOnAfter(early, before);
        }

        try
        {
            _pair.GoOnWith(store, before.Least, before.Most);
            crash.Arm(isOpening: false);
            Use(store, crash);
            if (crash.Taken is null && _random.Next(2) == 0)
            {
                crash.Take();
            }
        }
        finally
        {
            _pair.Leases.Check();
            store.Dispose();
        }

        crash.Disarm();
        _pair.Leases.Check();
        _pair.Leases.Dispose();
        int all = _pair.History.Done;
        _story.Add($"{all} writes");
        return crash.Taken is { } taken
            ? GoOnAfter(taken, new Standing(taken.Durable, taken.Done, taken.Begun))
            : new Standing(all, all, all);
    }

    /// <summary>Goes on with the files that a crash left.</summary>
    private Standing GoOnAfter(CrashImage crash, Standing standing)
    {
        _story.Add($"{(crash.IsPowerCut ? "Power cut" : "Death")} {crash.Where}; {standing}");
        _files.Dispose();
        _files = crash.Files;
        if (!crash.IsPowerCut)
        {
            return standing;
        }

        _files = crash.Files.CrashPower(PowerCut.Random(_random.Next()));
        crash.Files.Dispose();
        return standing with { Least = standing.Durable };
    }

    private void Use(KvStore store, CrashPoint crash)
    {
        int steps = _random.Next(_random.Next(4) == 0 ? 400 : 80);
        Thread? compactor = _random.Next(4) == 0 ? StartCompactor(store, crash) : null;
        try
        {
            for (int step = 0; step < steps && crash.Taken is null; step++)
            {
                _pair.Versions.BeginOperation();
                _chooser.Next().Make(_pair);
                if (_random.Next(60) == 0)
                {
                    store.Compact();
                }

                if (_random.Next(60) == 0)
                {
                    _files.WriteBackSome(_random.Next());
                }
            }

            if (crash.Taken is not null)
            {
                _pair.Versions.ForgetOperation();
                return;
            }

            _pair.Versions.BeginOperation();
            _pair.CompareAll();
        }
        finally
        {
            crash.IsOver = true;
            compactor?.Join();
        }
    }

    private static Thread StartCompactor(KvStore store, CrashPoint crash)
    {
        var thread = new Thread(() =>
        {
            while (!crash.IsOver)
            {
                store.Compact();
            }
        });
        thread.Start();
        return thread;
    }

    private KvStore Open() => KvStore.Open(SmallStore.Folder, _options with { FileSystem = _files });

    /// <summary>Where a store may stand when it is opened.</summary>
    /// <param name="Durable">The moment behind which no power cut can take it.</param>
    /// <param name="Least">The earliest moment now.</param>
    /// <param name="Most">The latest.</param>
    private readonly record struct Standing(int Durable, int Least, int Most);
}
