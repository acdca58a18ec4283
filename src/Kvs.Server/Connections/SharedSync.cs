namespace Kvs.Server.Connections;

/// <summary>
/// One sync of the engine for all connections that wait for one: those that come while it runs gather for the next, and
/// so do those whose requests have arrived when it would begin. The busier the server, the more replies a sync lets go.
/// </summary>
/// <remarks>Any thread may call any member. <c>_gate</c> guards <c>_gathering</c> and <c>_isUnderWay</c>;
/// <c>_syncing</c> belongs to whoever runs the sync. A sync begins after all whom it lets go have joined, so it covers
/// what they have written.</remarks>
internal sealed class SharedSync
{
    private readonly Lock _gate = new();
    private readonly IKvsEngine _engine;
    private readonly Action<Exception?> _synced;
    private readonly Action _begin;
    private List<SyncWaiter> _gathering = [];
    private List<SyncWaiter> _syncing = [];
    private bool _isUnderWay;

    internal SharedSync(IKvsEngine engine)
    {
        _engine = engine;
        _synced = Synced;
        _begin = BeginSync;
    }

    /// <summary>Ends when everything that the caller has written is on the disk; fails as the engine's own sync does.
    /// </summary>
    internal ValueTask WaitAsync(SyncWaiter waiter)
    {
        ValueTask waiting = waiter.Begin();
        lock (_gate)
        {
            _gathering.Add(waiter);
            if (_isUnderWay)
            {
                return waiting;
            }

            _isUnderWay = true;
        }

        waiter.Post(_begin);
        return waiting;
    }

    private void Synced(Exception? failure)
    {
        // Those that are let go now answer their clients, whose next requests may come at once: they are looked at
        // first, by the turns that these two take.
        SyncWaiter last = _syncing[^1];
        End(failure);
        last.Post(() => last.Post(_begin));
    }

    /// <summary>Begins a sync for those who have gathered, if there are any. Only by whoever has ended the one before.
    /// </summary>
    private void BeginSync()
    {
        while (TryTakeGroup())
        {
            Exception? failure = null;
            try
            {
                if (_engine.FlushThen(_synced))
                {
                    return;
                }
            }
            catch (Exception error)
            {
                failure = error;
            }

            End(failure);
        }
    }

    private bool TryTakeGroup()
    {
        lock (_gate)
        {
            (_gathering, _syncing) = (_syncing, _gathering);
            _isUnderWay = _syncing.Count > 0;
            return _isUnderWay;
        }
    }

    private void End(Exception? failure)
    {
        foreach (SyncWaiter waiter in _syncing)
        {
            waiter.EndSoon(failure);
        }

        _syncing.Clear();
    }
}
