using Kvs.Epochs;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>Who waits for an epoch to be left has waited for everyone; who has closed the gate has closed it.</summary>
public sealed class EpochGateTests
{
    [Fact]
    public void Waiting_for_an_epoch_waits_for_those_who_entered_in_it_and_not_for_later_ones()
    {
        var gate = new EpochGate(1, "test");
        using var entered = new ManualResetEventSlim();
        using var mayLeave = new ManualResetEventSlim();
        bool hasLeft = false;
        var inside = new Thread(() =>
        {
            EpochSlot slot = gate.Enter();
            entered.Set();
            mayLeave.Wait();
            Volatile.Write(ref hasLeft, true);
            EpochGate.Leave(slot);
        });
        inside.Start();
        entered.Wait();
        ulong ended = gate.Advance();
        EpochSlot later = gate.Enter();
        var waiter = new Thread(() =>
        {
            gate.WaitUntilLeft(ended);
            Assert.True(Volatile.Read(ref hasLeft));
        });
        waiter.Start();
        Assert.False(waiter.Join(TimeSpan.FromMilliseconds(100)));
        mayLeave.Set();

        // Though this thread is still inside, in the epoch behind.
        waiter.Join();
        inside.Join();
        EpochGate.Leave(later);
    }

    [Fact]
    public void A_call_within_a_call_does_not_leave_the_outer_ones_epoch()
    {
        var gate = new EpochGate(1, "test");
        EpochSlot outer = gate.Enter();
        EpochGate.Leave(gate.Enter());
        ulong ended = gate.Advance();
        var waiter = new Thread(() => gate.WaitUntilLeft(ended));
        waiter.Start();
        Assert.False(waiter.Join(TimeSpan.FromMilliseconds(100)));
        EpochGate.Leave(outer);
        waiter.Join();
    }

    /// <summary>Ending an epoch was a load and a store, and closing came in between: the gate was open again, and
    /// readers went into memory that was no longer mapped.</summary>
    [Fact]
    public void A_gate_that_was_closed_while_epochs_ended_stays_closed()
    {
        for (int round = 0; round < 500; round++)
        {
            var gate = new EpochGate(1, "test");
            bool isClosed = false;
            ThreadGroup.Run(2, thread =>
            {
                if (thread == 0)
                {
                    // Epochs end without a pause around the moment of closing: the worst that a commit thread can do.
                    while (!Volatile.Read(ref isClosed))
                    {
                        gate.Advance();
                    }
                }
                else
                {
                    Thread.SpinWait(1_000 + (round * 7));
                    Assert.True(gate.Close());
                    Volatile.Write(ref isClosed, true);
                }
            });
            Assert.Throws<ObjectDisposedException>(() => gate.Enter());
            Assert.False(gate.Close());
        }
    }
}
