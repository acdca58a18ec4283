using Kvs.Commits;
using Kvs.Concurrency;
using Kvs.Epochs;
using Kvs.Testing.Schedules;

namespace Kvs.Tests;

/// <summary>Writers stamp records and wait until they are durable, one by one, while another thread ends epochs and
/// syncs; a sync may fail.</summary>
internal sealed class DurabilityScenario : ScheduleScenario
{
    private const int Writers = 3;
    private const int SyncsByItself = 2;

    private readonly ulong[] _stamps = new ulong[Writers];
    private readonly bool[] _isWritten = new bool[Writers];
    private readonly bool[] _isSynced = new bool[Writers];
    private EpochGate<Scheduled> _gate = null!;
    private DurableEpoch<Scheduled> _durable = null!;
    private InlineLock _lane = new();
    private ulong _lastStamp;
    private ulong _ended;
    private int _failingSync;
    private int _syncs;
    private int _answered;

    public override int Threads => Writers + 1;

    public override int Steps => 90;

    public override void Begin(ScheduleRandom random)
    {
        _gate = new EpochGate<Scheduled>(1, "test");
        _durable = new DurableEpoch<Scheduled>(_gate, new Reclaimer<Scheduled>(_gate));
        _lane = new InlineLock();
        Array.Clear(_stamps);
        Array.Clear(_isWritten);
        Array.Clear(_isSynced);
        _lastStamp = _ended = 0;
        _syncs = _answered = 0;
        _failingSync = random.OnceIn(4) ? 1 + random.Next(SyncsByItself) : 0;
    }

    public override void Run(int thread)
    {
        if (thread == Writers)
        {
            Commit();
        }
        else
        {
            Write(thread);
            _answered++;
        }
    }

    public override void End()
    {
        Assert.All(Enumerable.Range(0, Writers), i => Assert.True(_isSynced[i] || _durable.Poison is not null));
        _ = _gate.Close();
    }

    /// <summary>As a write does it, and as <c>GroupCommit.WaitUntilDurable</c> then waits.</summary>
    private void Write(int thread)
    {
        EpochSlot epoch = _gate.Enter();
        EnterLane<Scheduled>();
        ulong stamp = _gate.Current;
        Assert.True(stamp >= _lastStamp, "Epochs descend within a lane.");
        _lastStamp = _stamps[thread] = stamp;
        ExitLane<Scheduled>();

        // The copy of the record, outside of the lock.
        Scheduled.Reach();
        Assert.True(stamp > _ended, $"Epoch {_ended} was called left, and a writer is still in {stamp}.");
        _isWritten[thread] = true;
        EpochGate<Scheduled>.Leave(epoch);

        long failedBefore = _durable.FailedAttempts;
        try
        {
            if (thread == 0)
            {
                while (_durable.Value < stamp && _durable.Poison is null)
                {
                    Scheduled.Spin();
                }

                _durable.ThrowIfPoisoned();
            }
            else
            {
                _durable.Wait(stamp, failedBefore);
            }

            Assert.True(_isSynced[thread], $"What is stamped {stamp} was called durable before it was synced.");
        }
        catch (KvsWriteException)
        {
            Assert.NotNull(_durable.Poison);
        }
    }

    private void EnterLane<TSchedule>()
        where TSchedule : struct, ISchedule => TSchedule.Enter(ref _lane);

    private void ExitLane<TSchedule>()
        where TSchedule : struct, ISchedule => TSchedule.Exit(ref _lane);

    private void Commit()
    {
        while (_answered < Writers || _syncs < SyncsByItself)
        {
            ulong ended = _durable.EndPresent();
            _ended = ended;
            try
            {
                _durable.Commit(ended, Sync);
            }
            catch (IOException e)
            {
                Assert.True(_durable.TryPoison(new KvsWriteException(e.Message, isFinal: true)));
                return;
            }

            Scheduled.Spin();
        }
    }

    /// <summary>Takes its time: what was written when it began is on disk when it returns, and nothing else.</summary>
    private void Sync(ulong ended)
    {
        Scheduled.Reach();
        bool[] onDisk = [.. _isWritten];
        Scheduled.Reach();
        if (++_syncs == _failingSync)
        {
            throw new IOException("The sync failed.");
        }

        for (int i = 0; i < Writers; i++)
        {
            Assert.True(onDisk[i] || _stamps[i] == 0 || _stamps[i] > ended,
                $"Epoch {ended} was synced while a record in it was being written.");
            _isSynced[i] |= onDisk[i];
        }
    }
}
