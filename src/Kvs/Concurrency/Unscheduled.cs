using System.Runtime.CompilerServices;
using Kvs.Epochs;

namespace Kvs.Concurrency;

/// <summary>What the store runs with: processors and system decide which thread goes on, and nothing is done anywhere
/// beyond the operation itself.</summary>
internal readonly unsafe struct Unscheduled : ISchedule
{
    private const int SpinsBeforeSleep = 200;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Reach()
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Reach(object owner)
    {
    }

    public static void ReachMonitor()
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Show(EpochSlot slot, ulong epoch) => Volatile.Write(ref slot.Epoch, epoch);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ulong* word, ulong value) => Volatile.Write(ref *word, value);

    public static void Store(Action store) => store();

    public static void PassBarrier() => Interlocked.MemoryBarrier();

    public static void PassBarrierEverywhere() => Interlocked.MemoryBarrierProcessWide();

    public static void Spin(ref SpinWait spinner) => spinner.SpinOnce(SpinsBeforeSleep);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Enter(ref InlineLock inlineLock) => inlineLock.Enter();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Exit(ref InlineLock inlineLock) => inlineLock.Exit();

    public static void WaitWhile(WakeSignal signal, int generation) => signal.WaitWhile(generation);

    public static void WakeAll(WakeSignal signal) => signal.WakeAll();

    public static void Free(IDisposable thing) => thing.Dispose();
}
