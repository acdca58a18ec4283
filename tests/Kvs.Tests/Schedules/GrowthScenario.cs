using Kvs.Commits;
using Kvs.Epochs;
using Kvs.Index;
using Kvs.Log;
using Kvs.Testing.Schedules;

namespace Kvs.Tests;

/// <summary>A full partition loses a key, gets others, and grows for them or renews its base, while others read keys
/// that are there all the time, and old tables are freed.</summary>
internal sealed class GrowthScenario : ScheduleScenario, IDisposable
{
    private const int Readers = 2;
    private const int Reads = 2;
    private const int NewKeys = 2;
    private const int Epochs = 3;

    private readonly RecordsInMemory _records = new(segments: 1);
    private readonly IndexEntry[] _entries;
    private readonly SegmentTable _segments;
    private readonly int _firstKeys;
    private readonly int[] _read = new int[Readers * Reads];
    private EpochGate<Scheduled> _gate = null!;
    private Reclaimer<Scheduled> _reclaimer = null!;
    private DurableEpoch<Scheduled> _durable = null!;
    private Partition<Scheduled> _partition = null!;
    private bool _scans;
    private int _removed;

    /// <summary>Makes the scenario.</summary>
    /// <param name="keys">Keys that are there all the time: as many as make the partition full.</param>
    /// <param name="firstKeys">How many of them are loaded at once; the others are written, one by one.</param>
    /// <param name="steps">About how many places are reached.</param>
    internal GrowthScenario(int keys, int firstKeys, int steps)
    {
        Steps = steps;
        _firstKeys = firstKeys;
        _entries = [.. Enumerable.Range(0, keys + NewKeys).Select(i =>
        {
            byte[] key = RecordsInMemory.Key(i);
            return new IndexEntry(RecordsInMemory.Fraction(key), _records.Add(0, key, version: (ulong)i + 1));
        })];
        _segments = _records.Table();
    }

    public void Dispose() => _records.Dispose();

    public override int Threads => Readers + 2;

    public override int Steps { get; }

    public override void Begin(ScheduleRandom random)
    {
        _gate = new EpochGate<Scheduled>(1, "test");
        _reclaimer = new Reclaimer<Scheduled>(_gate);
        _durable = new DurableEpoch<Scheduled>(_gate, _reclaimer);
        _partition = new Partition<Scheduled>(_segments, _reclaimer, RecordsInMemory.HashSeed, partitionCount: 1);
        _partition.Fill(_entries.AsSpan(0, _firstKeys));
        for (int i = _firstKeys; i < _entries.Length - NewKeys; i++)
        {
            Insert(i);
        }

        _scans = random.OnceIn(4);
        _removed = random.Next(_entries.Length - NewKeys);
        for (int i = 0; i < _read.Length; i++)
        {
            int other = random.Next(_entries.Length - NewKeys - 1);
            _read[i] = other < _removed ? other : other + 1;
        }
    }

    public override void Run(int thread)
    {
        if (thread < Readers)
        {
            for (int i = 0; i < Reads; i++)
            {
                Read(_read[(thread * Reads) + i]);
            }
        }
        else if (thread == Readers)
        {
            Write(Remove, _removed);
            for (int i = 0; i < NewKeys; i++)
            {
                Write(Insert, _entries.Length - NewKeys + i);
            }
        }
        else
        {
            for (int i = 0; i < Epochs; i++)
            {
                _ = _durable.EndPresent();
            }
        }
    }

    public override void End()
    {
        for (int i = 0; i < _entries.Length; i += 1 + (i / 8))
        {
            Assert.Equal(i != _removed, _partition.TryFind(RecordsInMemory.Key(i), _entries[i].Fraction, out _));
        }

        Assert.Equal(_entries.Length - 1, _partition.Keys);
        _reclaimer.Collect(ulong.MaxValue);
        _partition.FreeTable();
        _ = _gate.Close();
    }

    private void Read(int number)
    {
        ulong fraction = _entries[number].Fraction;
        EpochSlot epoch = _gate.Enter();
        if (_scans)
        {
            List<FoundRecord> home = [];
            _partition.ScanHome(Table(fraction, out uint bucket), bucket, home);
            Assert.Contains(home, found => found.Version == (ulong)number + 1);
        }
        else
        {
            Assert.True(_partition.TryFind(RecordsInMemory.Key(number), fraction, out FoundRecord found),
                $"Key {number}, which is there all the time, was not found.");
            Assert.Equal((ulong)number + 1, found.Version);
        }

        EpochGate<Scheduled>.Leave(epoch);
    }

    private IndexTable Table(ulong fraction, out uint home)
    {
        home = _partition.HomeAt(fraction, out IndexTable table);
        return table;
    }

    private void Write(Action<int> change, int number)
    {
        EpochSlot epoch = _gate.Enter();
        _partition.EnterWriter();
        change(number);
        _partition.ExitWriter();
        EpochGate<Scheduled>.Leave(epoch);
    }

    private unsafe void Remove(int number)
    {
        ulong* slot = _partition.FindSlot(RecordsInMemory.Key(number), _entries[number].Fraction, out _);
        Assert.True(slot != null, "The writer did not find the key.");
        _partition.Unpublish(slot);
    }

    private unsafe void Insert(int number)
    {
        ulong fraction = _entries[number].Fraction;
        _partition.Publish(_partition.MakeSlot(fraction), fraction, _entries[number].Position);
    }
}
