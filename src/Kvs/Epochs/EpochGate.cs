using System.Runtime.CompilerServices;
using Kvs.Concurrency;

namespace Kvs.Epochs;

/// <summary>
/// One number that moves, which every operation enters and leaves and nobody waits in: who has unlinked something,
/// or closes a commit group, waits until all who entered earlier have left. Epochs after Fraser (2004); commit
/// groups by epoch after Silo (Tu et al., 2013).
/// </summary>
/// <remarks>
/// Any thread may enter. Invariants:
/// (1) a thread that is inside shows, in its slot, an epoch no later than the present one;
/// (2) when <see cref="WaitUntilLeft"/> for e returns, every operation that entered in e or earlier has left, and
///     whoever enters from now on sees everything that the waiting thread stored before it called.
/// Entering is a plain store to the thread's own slot, followed by loads; those loads could overtake the store. The
/// fence that forbids it is paid by the rare side: <see cref="WaitUntilLeft"/> makes every processor of the process
/// pass a full barrier (membarrier on Linux). After it, a thread either shows its slot, or makes its loads later
/// than the barrier and so sees what was stored before. A thread whose slot is not yet among those that are looked
/// through is in the second case: it has made the slot known after the barrier, and enters after that.
/// </remarks>
/// <typeparam name="TSchedule">Who decides which thread goes on at each access to what threads share.</typeparam>
internal sealed class EpochGate<TSchedule>
    where TSchedule : struct, ISchedule
{
    private const ulong Closed = 0;

    [ThreadStatic]
    private static EpochSlot? t_last;

    [ThreadStatic]
    private static List<EpochSlot>? t_all;

    private readonly Lock _lock = new();
    private readonly string _name;
    private EpochSlot[] _slots = [];
    private ulong _current;
    private ulong _lastBeforeClosing;

    /// <summary>Makes a gate.</summary>
    /// <param name="first">The first epoch, at least 1.</param>
    /// <param name="name">What is closed once the gate is, as the error says it.</param>
    internal EpochGate(ulong first, string name)
    {
        _current = first;
        _name = name;
    }

    /// <summary>The present epoch. Inside an operation it is the one entered or the next.</summary>
    internal ulong Current
    {
        get
        {
            // Acquiring loads, in this order: Close stores the two in the other one.
            TSchedule.Reach();
            ulong current = Volatile.Read(ref _current);
            return current == Closed ? Volatile.Read(ref _lastBeforeClosing) : current;
        }
    }

    /// <summary>Sets the first epoch. Only before anyone has entered.</summary>
    internal void StartAt(ulong epoch) => Volatile.Write(ref _current, epoch);

    /// <summary>Enters the present epoch; pass what it returns to <see cref="Leave"/>.</summary>
    /// <exception cref="ObjectDisposedException">The gate is closed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal EpochSlot Enter()
    {
        EpochSlot? slot = t_last;
        if (slot is null || slot.Gate != this)
        {
            slot = FindSlot();
        }

        if (slot.Epoch != EpochSlot.Idle)
        {
            // A callback of an operation has called another: the outer one's epoch holds for both.
            slot.Nested++;
            return slot;
        }

        TSchedule.Reach();
        ulong present = Volatile.Read(ref _current);

        // A release store, so no earlier store of this thread sinks below it. What forbids that later loads rise above
        // it is the barrier in WaitUntilLeft.
        TSchedule.Reach();
        TSchedule.Show(slot, present);

        // Read again, behind the store: see invariant (2). Pairs with the barrier in Close.
        TSchedule.Reach();
        if (Volatile.Read(ref _current) == Closed)
        {
            ThrowClosed(slot);
        }

        return slot;
    }

    /// <summary>Throws where the calling thread is inside. Before whatever may wait for others to leave: it would wait
    /// for itself.</summary>
    internal void ThrowIfInside()
    {
        EpochSlot? slot = t_last;
        if (slot is not null && slot.Gate != this)
        {
            slot = t_all?.Find(other => other.Gate == this);
        }

        if (slot is not null && slot.Epoch != EpochSlot.Idle)
        {
            throw new InvalidOperationException(
                "A callback of an operation cannot write to the store, nor flush or dispose it.");
        }
    }

    /// <summary>Leaves. A release store: all that the operation loaded and stored comes before it. Pairs with the
    /// acquiring load in <see cref="WaitUntilLeft"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Leave(EpochSlot slot)
    {
        if (slot.Nested > 0)
        {
            slot.Nested--;
            return;
        }

        TSchedule.Reach();
        TSchedule.Show(slot, EpochSlot.Idle);
    }

    /// <summary>Moves to the next epoch and returns the one that ended. One thread at a time.</summary>
    internal ulong Advance()
    {
        // Under the lock, so that it cannot open again what Close has just closed. A release store, which pairs with
        // the acquiring loads in Enter and Current: who sees the new epoch sees what was stored before it began.
        TSchedule.ReachMonitor();
        lock (_lock)
        {
            if (_current == Closed)
            {
                return _lastBeforeClosing++;
            }

            ulong ended = _current;
            Volatile.Write(ref _current, ended + 1);
            return ended;
        }
    }

    /// <summary>Waits until nobody is left who entered in <paramref name="epoch"/> or earlier. The present epoch
    /// must be later.</summary>
    internal void WaitUntilLeft(ulong epoch)
    {
        // Pairs with each thread's store of its slot in Enter. The slots are loaded behind it, also the list of them.
        TSchedule.Reach();
        TSchedule.PassBarrierEverywhere();
        TSchedule.Reach();
        foreach (EpochSlot slot in Volatile.Read(ref _slots))
        {
            var spinner = default(SpinWait);
            TSchedule.Reach();

            // An acquiring load, which pairs with the release in Leave: what the caller frees or syncs now comes behind
            // all that those who left did.
            while (Volatile.Read(ref slot.Epoch) <= epoch)
            {
                TSchedule.Spin(ref spinner);
            }
        }
    }

    /// <summary>Lets nobody in any more and waits until all have left. False when it was closed already.</summary>
    internal bool Close()
    {
        TSchedule.ReachMonitor();
        lock (_lock)
        {
            if (Volatile.Read(ref _current) == Closed)
            {
                return false;
            }

            _lastBeforeClosing = _current;
            Volatile.Write(ref _current, Closed);
        }

        WaitUntilLeft(EpochSlot.Idle - 1);
        return true;
    }

    private void ThrowClosed(EpochSlot slot)
    {
        Leave(slot);
        throw new ObjectDisposedException(_name);
    }

    /// <summary>The slot of this thread, made at its first operation on this store.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private EpochSlot FindSlot()
    {
        t_all ??= [];
        t_all.RemoveAll(slot => slot.Gate is EpochGate<TSchedule> gate && gate != this &&
            Volatile.Read(ref gate._current) == Closed);
        EpochSlot? mine = t_all.Find(slot => slot.Gate == this);
        if (mine is null)
        {
            mine = new EpochSlot(this, Thread.CurrentThread);
            t_all.Add(mine);
            TSchedule.ReachMonitor();
            lock (_lock)
            {
                // A thread that ended inside an operation cannot be: it would have had to leave first.
                EpochSlot[] alive = [.. _slots.Where(slot => slot.IsOwnerAlive), mine];
                Volatile.Write(ref _slots, alive);
            }
        }

        t_last = mine;
        return mine;
    }
}
