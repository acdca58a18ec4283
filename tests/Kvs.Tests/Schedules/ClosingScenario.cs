using Kvs.Epochs;
using Kvs.Testing.Schedules;

namespace Kvs.Tests;

/// <summary>A store is closed, and its memory is gone, while operations begin and epochs end.</summary>
internal sealed class ClosingScenario : ScheduleScenario
{
    private const int Users = 2;
    private const int Uses = 2;

    private readonly object _memory = new();
    private EpochGate<Scheduled> _gate = null!;

    public override int Threads => Users + 2;

    public override int Steps => 40;

    public override void Begin(ScheduleRandom random) => _gate = new EpochGate<Scheduled>(1, "test");

    public override void Run(int thread)
    {
        if (thread == Users)
        {
            Assert.True(_gate.Close());
            Scheduled.MarkFreed(_memory);
        }
        else if (thread > Users)
        {
            ulong ended = _gate.Advance();
            _gate.WaitUntilLeft(ended);
            Assert.True(_gate.Advance() > ended);
        }
        else
        {
            Use();
        }
    }

    public override void End()
    {
        Assert.Throws<ObjectDisposedException>(() => _gate.Enter());
        Assert.False(_gate.Close());
    }

    private void Use()
    {
        for (int i = 0; i < Uses; i++)
        {
            EpochSlot epoch;
            try
            {
                epoch = _gate.Enter();
            }
            catch (ObjectDisposedException)
            {
                return;
            }

            Scheduled.Reach(_memory);
            Scheduled.Reach(_memory);
            EpochGate<Scheduled>.Leave(epoch);
        }
    }
}
