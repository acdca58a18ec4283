using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using Kvs.Monitoring;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>Listeners of the event source <c>Kvs</c> are told what an operator must know, and in the words of the log.
/// </summary>
public sealed class EventTests : IDisposable
{
    private readonly SimulatedFiles _files = new();
    private readonly string _folder = $"/told-{Guid.NewGuid():N}";
    private readonly ConcurrentQueue<string> _log = new();
    private readonly Listener _listener;

    public EventTests() => _listener = new Listener(_folder);

    public void Dispose()
    {
        _listener.Dispose();
        _files.Dispose();
    }

    [Fact]
    public void The_source_is_sound()
    {
        Assert.Null(KvsEventSource.Log.ConstructionException);
        Assert.NotNull(EventSource.GenerateManifest(typeof(KvsEventSource), null, EventManifestOptions.Strict));
    }

    [Fact]
    public void Opening_a_store_is_an_event_and_no_news_for_the_log()
    {
        using (KvStore store = Open(_files))
        {
            KvsStatisticsTests.SetAll(store, 10);
        }

        using KvStore reopened = Open(_files);
        Told opened = _listener.All("StoreOpened")[^1];
        Assert.Equal(EventLevel.Informational, opened.Level);
        Assert.Equal(10L, opened["keys"]);
        Assert.Equal(reopened.Statistics.OpenTime.TotalMilliseconds, opened["milliseconds"]);
        Assert.Empty(_log);
    }

    [Fact]
    public void Recovery_after_a_power_cut_says_what_was_dropped()
    {
        using KvStore store = Open(_files);
        KvsStatisticsTests.SetAll(store, 10);
        store.Flush();
        KvsStatisticsTests.SetAll(store, 3);
        using SimulatedFiles cut = _files.CrashPower(PowerCut.KeepEverything);
        using KvStore reopened = Open(cut);
        RecoveryStatistics? recovery = reopened.Statistics.Recovery;
        Told told = _listener.Single("StoreRecovered");
        Assert.Equal(EventLevel.Warning, told.Level);
        Assert.Equal(true, told["isAfterPowerCut"]);
        Assert.Equal(recovery!.DroppedBytes, told["droppedBytes"]);
        Assert.Equal(0, told["holes"]);
        Assert.Equal(recovery.Time.TotalMilliseconds, told["milliseconds"]);
        Assert.Contains($"{recovery.DroppedBytes} bytes", Assert.Single(_log), StringComparison.Ordinal);
        AssertSameWords();
    }

    [Fact]
    public void Recovery_after_the_death_of_the_process_says_so()
    {
        using KvStore store = Open(_files);
        KvsStatisticsTests.SetAll(store, 10);
        using SimulatedFiles killed = _files.CrashProcess();
        using KvStore reopened = Open(killed);
        Assert.Equal(false, _listener.Single("StoreRecovered")["isAfterPowerCut"]);
        AssertSameWords();
    }

    [Fact]
    public void A_failed_sync_is_told_once_and_is_critical()
    {
        KvStore store = Open(_files, Durability.Disk);
        KvsStatisticsTests.SetAll(store, 3);
        SmallStore.WaitForReadySegment(_files);
        _files.FailSync();
        Assert.Throws<KvsWriteException>(() => store.Set("key", "value"));
        Assert.Throws<KvsWriteException>(() => store.Set("key", "value"));
        Assert.Throws<KvsWriteException>(store.Dispose);
        Told told = _listener.Single("StorePoisoned");
        Assert.Equal(EventLevel.Critical, told.Level);
        Assert.Contains("Input/output error", (string?)told["message"], StringComparison.Ordinal);
        AssertSameWords();
    }

    [Fact]
    public void Compaction_says_what_it_copied_and_dropped()
    {
        using KvStore store = Open(_files);
        KvsStatisticsTests.SetAll(store, 200);
        KvsStatisticsTests.SetAll(store, 200, step: 2);
        store.Compact();
        KvStoreStatistics statistics = store.Statistics;
        List<Told> told = _listener.All("CompactionFinished");
        Assert.Equal(statistics.Compactions, told.Count);
        Assert.Equal(statistics.CompactedSegments, told.Sum(round => (int)round["segments"]!));
        Assert.Equal(statistics.CopiedBytes, told.Sum(round => (long)round["copiedBytes"]!));
        Assert.True(statistics.CopiedBytes > 0);
        Assert.Equal(statistics.ReclaimedBytes, told.Sum(round => (long)round["reclaimedBytes"]!));
        Assert.Empty(_log);
    }

    [Fact]
    public void Damage_that_compaction_meets_is_told_with_its_place()
    {
        using (KvStore sealing = Open(_files))
        {
            KvsStatisticsTests.SetAll(sealing, 400);
        }

        using KvStore store = Open(_files, compaction: new CompactionOptions());
        string path = Path.Combine(_folder, Path.GetFileName(SmallStore.Segment(1)));
        int offset = Array.IndexOf(_files.ReadAll(path), (byte)'x');
        _files.FlipBit(path, offset, 0);
        for (int first = 1; first < 4; first++)
        {
            KvsStatisticsTests.SetAll(store, 400, step: 4, first);
        }

        Assert.True(SpinWait.SpinUntil(() => _listener.All("DamageFound").Count > 0, TimeSpan.FromSeconds(10)));
        Told told = _listener.Single("DamageFound");
        Assert.Equal(EventLevel.Error, told.Level);
        Assert.Equal(path, told["path"]);
        Assert.InRange((long)told["offset"]!, 1, offset);
        AssertSameWords();
    }

    /// <summary>It was once told as a sync that had failed.</summary>
    [Fact]
    public void Damage_that_sealing_meets_is_the_reason_that_is_given()
    {
        KvStore store = Open(_files);
        KvsStatisticsTests.SetAll(store, 10);
        string path = Path.Combine(_folder, Path.GetFileName(SmallStore.Segment(1)));
        _files.FlipBit(path, Array.IndexOf(_files.ReadAll(path), (byte)'x'), 0);
        Assert.Throws<KvsWriteException>(store.Compact);
        string? message = (string?)_listener.Single("StorePoisoned")["message"];
        Assert.StartsWith($"Damaged data in {path} ", message, StringComparison.Ordinal);
        Assert.Throws<KvsWriteException>(store.Dispose);
    }

    [Fact]
    public void A_full_disk_is_told_once_and_so_is_its_end()
    {
        _files.CapacityBytes = 5 * SmallStore.SegmentBytes;
        using KvStore store = Open(_files);
        Assert.Throws<KvsWriteException>(() => KvsStatisticsTests.SetAll(store, 1000));
        Assert.Throws<KvsWriteException>(() => KvsStatisticsTests.SetAll(store, 1000));
        Assert.Equal(EventLevel.Error, _listener.Single("DiskFull").Level);
        _files.CapacityBytes = long.MaxValue;
        Assert.True(SpinWait.SpinUntil(() => TrySet(store), TimeSpan.FromSeconds(10)));
        _ = _listener.Single("DiskFull");
        _ = _listener.Single("DiskHasRoom");
        AssertSameWords();
    }

    [Fact]
    public void A_file_that_could_not_be_removed_is_named()
    {
        using KvStore store = Open(_files);
        KvsStatisticsTests.SetAll(store, 100);
        _files.Inject(new SimulatedFault { Matches = operation => operation.Kind == FileOperation.Unlink });
        KvsStatisticsTests.SetAll(store, 100);
        store.Compact();
        Assert.True(SpinWait.SpinUntil(() => _listener.All("FileLeftBehind").Count > 0, TimeSpan.FromSeconds(10)));
        Assert.StartsWith(Path.Combine(_folder, "segment-"), (string?)_listener.Single("FileLeftBehind")["path"],
            StringComparison.Ordinal);
        AssertSameWords();
    }

    [Fact]
    public void A_footer_that_could_not_be_used_is_named()
    {
        using (KvStore store = Open(_files))
        {
            KvsStatisticsTests.SetAll(store, 10);
        }

        string path = Path.Combine(_folder, Path.GetFileName(SmallStore.Segment(1)));
        LogFrame footer = LogImage.FramesOf(path, _files.ReadAll(path)).Single(frame => frame.Kind == HandMade.Footer);
        _files.FlipBit(path, footer.Offset + 40, 0);
        using KvStore reopened = Open(_files);
        Assert.Equal(path, _listener.Single("FooterRebuilt")["path"]);
        Assert.Equal(1, reopened.Statistics.RebuiltSegments);
        AssertSameWords();
    }

    [Fact]
    public void Writes_held_back_are_told_when_it_begins_and_when_it_ends_and_once()
    {
        var figures = new HoldBackFigures(new StoreEvents(_folder, _log.Enqueue));
        figures.End();
        figures.TellIfBegun();
        Assert.Equal(0, figures.Times);
        figures.Begin();
        figures.Begin();
        figures.TellIfBegun();
        figures.TellIfBegun();
        _ = _listener.Single("WritesHeldBack");
        Thread.Sleep(20);
        Assert.InRange(figures.Time, TimeSpan.FromMilliseconds(15), TimeSpan.FromMinutes(1));
        figures.End();
        figures.End();
        Assert.InRange((double)_listener.Single("WritesLetGo")["milliseconds"]!, 15, 60_000);
        Assert.Equal(figures.Time.TotalMilliseconds, _listener.Single("WritesLetGo")["milliseconds"]);

        // Too short for anybody to have told of its beginning.
        figures.Begin();
        figures.End();
        Assert.Equal(2, figures.Times);
        Assert.Equal(2, _listener.All("WritesHeldBack").Count);
        Assert.Equal(2, _listener.All("WritesLetGo").Count);
    }

    /// <summary>A listener that throws must not end the threads that have something to tell.</summary>
    [Fact]
    public void A_listener_that_throws_harms_nothing()
    {
        _listener.Throws = true;
        KvStore store = KvStore.Open(_folder, SmallStore.OptionsOn(_files) with
        {
            Log = _ => throw new InvalidOperationException("by the log"),
        });
        KvsStatisticsTests.SetAll(store, 100);
        KvsStatisticsTests.SetAll(store, 100, step: 2);
        store.Compact();
        store.Compact();
        using SimulatedFiles killed = _files.CrashProcess();
        store.Dispose();
        using KvStore reopened = Open(killed);
        Assert.Equal(100, reopened.Statistics.Keys);
        Assert.NotEmpty(_listener.All("StoreRecovered"));
    }

    private KvStore Open(SimulatedFiles files, Durability durability = Durability.Process,
        CompactionOptions? compaction = null) =>
        KvStore.Open(_folder, SmallStore.OptionsOn(files, durability) with
        {
            Compaction = compaction ?? new CompactionOptions { IsAutomatic = false },
            Log = _log.Enqueue,
        });

    private static bool TrySet(KvStore store)
    {
        try
        {
            KvsStatisticsTests.SetAll(store, 100);
            return true;
        }
        catch (KvsWriteException)
        {
            return false;
        }
    }

    /// <summary>Whatever the log was told, listeners were told in the same words, and nothing else in words.</summary>
    private void AssertSameWords()
    {
        Assert.NotEmpty(_log);
        Assert.Equal(_log.Order(StringComparer.Ordinal),
            _listener.Everything.Select(told => (string?)told["message"]).OfType<string>()
                .Order(StringComparer.Ordinal));
    }

    private sealed record Told(string Name, EventLevel Level, Dictionary<string, object?> Payload)
    {
        internal object? this[string name] => Payload.GetValueOrDefault(name);
    }

    /// <summary>Keeps the events of one store.</summary>
    private sealed class Listener : EventListener
    {
        private readonly string _store;
        private readonly ConcurrentQueue<Told> _told = new();

        internal Listener(string store)
        {
            _store = store;
            EnableEvents(KvsEventSource.Log, EventLevel.Verbose);
        }

        internal IEnumerable<Told> Everything => _told;

        internal bool Throws { get; set; }

        internal List<Told> All(string name) => [.. _told.Where(told => told.Name == name)];

        internal Told Single(string name) => Assert.Single(All(name));

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            Dictionary<string, object?> payload = eventData.PayloadNames?.Zip(eventData.Payload!)
                .ToDictionary(pair => pair.First, pair => pair.Second) ?? [];
            if (payload.GetValueOrDefault("store") as string != _store)
            {
                return;
            }

            _told.Enqueue(new Told(eventData.EventName!, eventData.Level, payload));
            if (Throws)
            {
                throw new InvalidOperationException("by the listener");
            }
        }
    }
}
