using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Kvs.Monitoring;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>The meter <c>Kvs</c> shows each open store, and no closed one.</summary>
public sealed class MeterTests : IDisposable
{
    private readonly SimulatedFiles _files = new();
    private readonly string _folder = $"/metered-{Guid.NewGuid():N}";
    private readonly MeterListener _listener = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Store, string Name), List<double>> _measured = [];

    public MeterTests()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == KvsMeter.Name)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.Start();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _files.Dispose();
    }

    [Fact]
    public void It_shows_what_the_statistics_say()
    {
        using KvStore store = Open(_folder, Durability.Disk);
        store.Set("one", "1");
        store.Set("two", "2");
        store.Set("two", "3");
        Collect();
        KvStoreStatistics statistics = store.Statistics;
        Assert.Equal(2, Last("kvs.keys"));
        Assert.Equal(3, Last("kvs.writes"));
        Assert.Equal(3, Last("kvs.commits"));
        Assert.Equal(3, Last("kvs.syncs"));
        Assert.Equal(statistics.LiveBytes, Last("kvs.live.size"));
        Assert.Equal(statistics.GarbageBytes, Last("kvs.garbage.size"));
        Assert.Equal(statistics.DiskBytes, Last("kvs.disk.size"));
        Assert.Equal(statistics.IndexBytes, Last("kvs.index.size"));
        Assert.Equal(statistics.OpenTime.TotalSeconds, Last("kvs.open.duration"));
        Assert.Equal(0, Last("kvs.poisoned"));
    }

    [Fact]
    public void It_shows_each_commit_and_sync_as_it_happens()
    {
        using KvStore store = Open(_folder, Durability.Disk);
        store.Set("one", "1");
        store.Set("two", "2");
        Assert.Equal(2, All("kvs.commit.duration").Count);
        Assert.Equal(2, All("kvs.sync.duration").Count);
        Assert.Equal([40, 40], All("kvs.commit.size"));
        Assert.Equal(store.Statistics.SyncTimes.Total.TotalSeconds, All("kvs.sync.duration").Sum(), precision: 6);
    }

    [Fact]
    public void It_tells_stores_apart_and_forgets_one_that_is_closed()
    {
        string other = _folder + "-other";
        using KvStore store = Open(_folder);
        store.Set("one", "1");
        using (KvStore second = Open(other))
        {
            second.Set("one", "1");
            second.Set("two", "2");
            Collect();
            Assert.Equal(1, Last("kvs.keys"));
            Assert.Equal(2, Last("kvs.keys", other));
        }

        lock (_lock)
        {
            _measured.Clear();
        }

        Collect();
        Assert.Equal(1, Last("kvs.keys"));
        Assert.Empty(All("kvs.keys", other));
    }

    [Fact]
    public void It_keeps_no_store_that_is_closed()
    {
        WeakReference closed = OpenAndClose();
        Assert.True(SpinWait.SpinUntil(() =>
        {
            Collect();
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return !closed.IsAlive;
        }, TimeSpan.FromSeconds(10)));
    }

    /// <summary>Each name once: who collects takes two instruments of one name for one.</summary>
    [Fact]
    public void Its_instruments_have_units_and_descriptions_and_names_of_their_own()
    {
        List<Instrument> instruments = [];
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == KvsMeter.Name)
                {
                    instruments.Add(instrument);
                }
            },
        };
        using KvStore store = Open(_folder);
        listener.Start();
        Assert.All(instruments, instrument =>
        {
            Assert.StartsWith("kvs.", instrument.Name, StringComparison.Ordinal);
            Assert.False(string.IsNullOrEmpty(instrument.Unit));
            Assert.False(string.IsNullOrEmpty(instrument.Description));
            Assert.False(string.IsNullOrEmpty(instrument.Meter.Version));
        });
        Assert.Distinct(instruments.Select(instrument => instrument.Name));
        Assert.InRange(instruments.Count, 20, 100);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference OpenAndClose()
    {
        KvStore? store = null;

        // On a thread of its own, whose stack and slots go with it.
        var thread = new Thread(() =>
        {
            store = Open(_folder);
            store.Set("one", "1");
            Collect();
            store.Dispose();
        });
        thread.Start();
        thread.Join();
        return new WeakReference(store);
    }

    private KvStore Open(string folder, Durability durability = Durability.Process) =>
        KvStore.Open(folder, SmallStore.OptionsOn(_files, durability));

    private void Collect()
    {
        // Longer than a store's figures are taken for fresh.
        Thread.Sleep(30);
        _listener.RecordObservableInstruments();
    }

    private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        Assert.Equal(1, tags.Length);
        Assert.Equal("store", tags[0].Key);
        lock (_lock)
        {
            (string, string) key = ((string)tags[0].Value!, instrument.Name);
            if (!_measured.TryGetValue(key, out List<double>? values))
            {
                _measured.Add(key, values = []);
            }

            values.Add(value);
        }
    }

    private double Last(string name, string? store = null) => All(name, store)[^1];

    private List<double> All(string name, string? store = null)
    {
        lock (_lock)
        {
            return _measured.TryGetValue((store ?? _folder, name), out List<double>? values) ? [.. values] : [];
        }
    }
}
