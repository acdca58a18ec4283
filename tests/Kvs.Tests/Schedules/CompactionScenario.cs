using Kvs.Commits;
using Kvs.Epochs;
using Kvs.Index;
using Kvs.Log;
using Kvs.Testing.Schedules;

namespace Kvs.Tests;

/// <summary>Compaction turns a slot to the copy of its record and drops the segment of the original, whose place goes
/// to another one, while the key is read, and set again or removed.</summary>
internal sealed class CompactionScenario : ScheduleScenario, IDisposable
{
    private const int Original = 0;
    private const int Copy = 1;
    private const int Later = 2;
    private const int Reads = 3;
    private const int Epochs = 3;
    private const ulong FirstVersion = 5;
    private const ulong LaterVersion = 6;

    private readonly RecordsInMemory _records = new(segments: 3);
    private readonly byte[] _key = RecordsInMemory.Key(0);
    private readonly ulong _fraction;
    private readonly ulong _from;
    private readonly ulong _to;
    private readonly ulong _later;
    private readonly IndexEntry[] _entries;
    private EpochGate<Scheduled> _gate = null!;
    private Reclaimer<Scheduled> _reclaimer = null!;
    private DurableEpoch<Scheduled> _durable = null!;
    private Partition<Scheduled> _partition = null!;
    private SegmentTable _segments = null!;
    private bool _isRemoving;

    // The least version that a read may find which begins now; above all of them once the key was removed.
    private ulong _least;

    internal CompactionScenario()
    {
        _fraction = RecordsInMemory.Fraction(_key);
        _from = _records.Add(Original, _key, FirstVersion);
        _to = _records.Add(Copy, _key, FirstVersion);
        _later = _records.Add(Later, _key, LaterVersion);
        byte[] neighbour = RecordsInMemory.Key(1);
        _entries =
        [
            new IndexEntry(RecordsInMemory.Fraction(neighbour), _records.Add(Copy, neighbour, FirstVersion)),
            new IndexEntry(_fraction, _from),
        ];
    }

    public void Dispose() => _records.Dispose();

    public override int Threads => 4;

    public override int Steps => 90;

    public override void Begin(ScheduleRandom random)
    {
        _gate = new EpochGate<Scheduled>(1, "test");
        _reclaimer = new Reclaimer<Scheduled>(_gate);
        _durable = new DurableEpoch<Scheduled>(_gate, _reclaimer);
        _segments = _records.Table();
        _partition = new Partition<Scheduled>(_segments, _reclaimer, RecordsInMemory.HashSeed, partitionCount: 1);
        _partition.Fill(_entries);
        _isRemoving = random.OnceIn(2);
        _least = FirstVersion;
    }

    public override void Run(int thread)
    {
        switch (thread)
        {
            case 0:
                for (int i = 0; i < Reads; i++)
                {
                    Read();
                }

                break;
            case 1:
                Compact();
                break;
            case 2:
                Write();
                break;
            default:
                for (int i = 0; i < Epochs; i++)
                {
                    _ = _durable.EndPresent();
                }

                break;
        }
    }

    public override void End()
    {
        bool isThere = _partition.TryFind(_key, _fraction, out FoundRecord found);
        Assert.Equal(!_isRemoving, isThere);
        Assert.True(!isThere || found.Version == LaterVersion, "A copy won over a later write.");
        _reclaimer.Collect(ulong.MaxValue);
        _partition.FreeTable();
        _ = _gate.Close();
    }

    private void Read()
    {
        ulong least = _least;
        EpochSlot epoch = _gate.Enter();
        if (_partition.TryFind(_key, _fraction, out FoundRecord found))
        {
            Scheduled.Reach(found.Segment);
            Assert.True(found.Version >= least, $"Version {found.Version} was read after {least} had been written.");
        }
        else
        {
            Assert.True(_isRemoving, "A key that is there all the time was not found.");
        }

        EpochGate<Scheduled>.Leave(epoch);
    }

    /// <summary>As the compactor and the housekeeper do it once the copies are durable.</summary>
    private void Compact()
    {
        EpochSlot epoch = _gate.Enter();
        _partition.EnterWriter();
        _ = _partition.TrySwing(_fraction, _from, _to);
        _partition.ExitWriter();
        EpochGate<Scheduled>.Leave(epoch);
        _reclaimer.Retire(new Removal(Drop), bytes: 1);
    }

    private void Drop()
    {
        Scheduled.MarkFreed(_records[Original]);
        _segments.Free(Original);
    }

    private unsafe void Write()
    {
        EpochSlot epoch = _gate.Enter();
        _partition.EnterWriter();
        ulong* slot = _partition.FindSlot(_key, _fraction, out _);
        Assert.True(slot != null, "The writer did not find the key.");
        if (_isRemoving)
        {
            _partition.Unpublish(slot);
        }
        else
        {
            _partition.Publish(slot, _fraction, _later);
        }

        _partition.ExitWriter();
        EpochGate<Scheduled>.Leave(epoch);
        _least = LaterVersion;
    }

    private sealed class Removal(Action remove) : IDisposable
    {
        public void Dispose() => remove();
    }
}
