namespace Kvs.Epochs;

/// <summary>
/// Holds what was taken out of a shared structure until no operation that may still look at it is left, and frees
/// it then.
/// </summary>
/// <remarks>
/// <see cref="Retire"/> may be called from any thread, after the thing can no longer be reached by who enters;
/// <see cref="Collect"/> by one thread at a time.
/// </remarks>
internal sealed class Reclaimer(EpochGate gate)
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
        lock (_lock)
        {
            // Read behind the unlinking, so that whoever entered later than this epoch cannot have reached it.
            _waiting.Enqueue((gate.Current, thing, bytes));
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

            thing.Dispose();
        }
    }
}
