using Kvs.Concurrency;

namespace Kvs.Epochs;

/// <summary>
/// Holds what was taken out of a shared structure until no operation that may still look at it is left, and frees
/// it then.
/// </summary>
/// <remarks>
/// <see cref="Retire"/> may be called from any thread, after the thing can no longer be reached by who enters;
/// <see cref="Collect"/> by one thread at a time. Invariant: a thing is freed only when all who entered in the epoch in
/// which it was retired, or earlier, have left; whoever entered later cannot have reached it.
/// </remarks>
/// <typeparam name="TSchedule">Who decides which thread goes on at each access to what threads share.</typeparam>
internal sealed class Reclaimer<TSchedule>(EpochGate<TSchedule> gate)
    where TSchedule : struct, ISchedule
{
    /// <summary>So much may wait for the next commit; beyond, an epoch is ended for this purpose.</summary>
    private const long PatienceBytes = 4 * 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly Queue<(ulong Epoch, IDisposable Thing, long Bytes)> _waiting = new();
    private Action? _onUrgent;
    private long _waitingBytes;

    /// <summary>Whether so much waits that an epoch should be ended for it.</summary>
    internal bool IsUrgent => Volatile.Read(ref _waitingBytes) > PatienceBytes;

    /// <summary>Names who is told when so much waits; it must only set a signal.</summary>
    internal void TellWhenUrgent(Action onUrgent) => Volatile.Write(ref _onUrgent, onUrgent);

    internal void Retire(IDisposable thing, long bytes)
    {
        // The unlinking must be seen by all before the epoch is read: whoever enters in a later epoch then cannot have
        // reached the thing. A release store alone could still be on its way while the epoch ends and others enter.
        TSchedule.PassBarrier();
        ulong epoch = gate.Current;

        // Two who retire at once may be queued in the other order of their epochs; the earlier one waits a little.
        TSchedule.ReachMonitor();
        lock (_lock)
        {
            _waiting.Enqueue((epoch, thing, bytes));
            _waitingBytes += bytes;
        }

        if (IsUrgent)
        {
            Volatile.Read(ref _onUrgent)?.Invoke();
        }
    }

    /// <summary>Frees what was retired in <paramref name="leftEpoch"/> or earlier; nobody is left in those.</summary>
    internal void Collect(ulong leftEpoch)
    {
        while (true)
        {
            IDisposable thing;
            TSchedule.ReachMonitor();
            lock (_lock)
            {
                if (!_waiting.TryPeek(out (ulong Epoch, IDisposable Thing, long Bytes) oldest) ||
                    oldest.Epoch > leftEpoch)
                {
                    return;
                }

                _ = _waiting.Dequeue();
                _waitingBytes -= oldest.Bytes;
                thing = oldest.Thing;
            }

            TSchedule.Free(thing);
        }
    }
}
