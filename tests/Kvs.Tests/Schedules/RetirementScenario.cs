using Kvs.Commits;
using Kvs.Concurrency;
using Kvs.Epochs;
using Kvs.Testing.Schedules;

namespace Kvs.Tests;

/// <summary>A thing is taken out of the place where readers find it, and retired, while an epoch ends. As short as
/// that can be: what goes wrong here takes four changes of threads at certain places.</summary>
internal sealed class RetirementScenario : ScheduleScenario
{
    private const int Looks = 4;

    private EpochGate<Scheduled> _gate = null!;
    private Reclaimer<Scheduled> _reclaimer = null!;
    private DurableEpoch<Scheduled> _durable = null!;
    private object _present = null!;

    public override int Threads => 3;

    public override int Steps => 24;

    public override void Begin(ScheduleRandom random)
    {
        _gate = new EpochGate<Scheduled>(1, "test");
        _reclaimer = new Reclaimer<Scheduled>(_gate);
        _durable = new DurableEpoch<Scheduled>(_gate, _reclaimer);
        _present = new object();
    }

    public override void Run(int thread)
    {
        if (thread == 0)
        {
            _ = _durable.EndPresent();
            return;
        }

        EpochSlot epoch = _gate.Enter();
        if (thread == 1)
        {
            Scheduled.Reach();
            object found = _present;
            for (int i = 0; i < Looks; i++)
            {
                Scheduled.Reach(found);
            }
        }
        else
        {
            object old = _present;
            object next = new();
            Store<Scheduled>(() => _present = next);
            _reclaimer.Retire(new Removal(old), bytes: 1);
        }

        EpochGate<Scheduled>.Leave(epoch);
    }

    public override void End() => _ = _gate.Close();

    private static void Store<TSchedule>(Action store)
        where TSchedule : struct, ISchedule
    {
        TSchedule.Reach();
        TSchedule.Store(store);
    }

    private sealed class Removal(object thing) : IDisposable
    {
        public void Dispose() => Scheduled.MarkFreed(thing);
    }
}
