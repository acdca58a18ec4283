namespace Kvs.Bench.Drivers;

/// <summary>Syncs a store again and again in the background, for those that cannot do it by themselves.</summary>
internal sealed class IntervalSync : IDisposable
{
    private readonly ManualResetEventSlim _end = new();
    private readonly Thread _thread;
    private Exception? _failure;

    private IntervalSync(TimeSpan interval, Action sync)
    {
        _thread = new Thread(() => Run(interval, sync)) { IsBackground = true, Name = "interval sync" };
        _thread.Start();
    }

    /// <summary>Begins, if the durability is <see cref="Durability.Interval"/>.</summary>
    internal static IntervalSync? Start(DriverSettings settings, Action sync) =>
        settings.Durability == Durability.Interval ? new IntervalSync(settings.SyncInterval, sync) : null;

    /// <summary>Ends it; throws what a sync has thrown.</summary>
    public void Dispose()
    {
        _end.Set();
        _thread.Join();
        _end.Dispose();
        if (_failure is not null)
        {
            throw new IOException($"A sync in the background failed: {_failure.Message}", _failure);
        }
    }

    private void Run(TimeSpan interval, Action sync)
    {
        try
        {
            while (!_end.Wait(interval))
            {
                sync();
            }
        }
        catch (Exception e)
        {
            _failure = e;
        }
    }
}
