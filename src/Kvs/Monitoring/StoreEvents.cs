namespace Kvs.Monitoring;

/// <summary>
/// What happens in a store that an operator should know of. Each piece of news is put into words here, once, and goes
/// from here to <see cref="KvStoreOptions.Log"/> and to listeners of the event source, so that the two never disagree.
/// What is part of a healthy store's life is an event only.
/// </summary>
/// <remarks>Thread-safe. Both kinds of listeners run on the calling thread.</remarks>
/// <param name="store">The store's folder, by which listeners know it.</param>
/// <param name="log">Told in words; null for nobody.</param>
internal sealed class StoreEvents(string store, Action<string>? log)
{
    internal string Store => store;

    internal void Opened(KvStoreStatistics statistics) => KvsEventSource.Log.StoreOpened(store,
        statistics.OpenTime.TotalMilliseconds, statistics.Keys, statistics.Segments);

    internal void Recovered(RecoveryStatistics recovery)
    {
        string message = recovery.IsAfterPowerCut
            ? $"The machine was stopped while {store} was open. What was on disk is kept; " +
                $"{recovery.DroppedBytes} bytes behind the last complete group of writes were dropped."
            : $"{store} was not closed by the process that had it open. Everything that it " +
                $"acknowledged is kept; {recovery.Holes} writes had begun and were not complete.";
        Tell(message);
        KvsEventSource.Log.StoreRecovered(store, recovery.IsAfterPowerCut, recovery.Holes, recovery.DroppedBytes,
            recovery.Time.TotalMilliseconds, message);
    }

    internal void Poisoned(string message)
    {
        Tell(message);
        KvsEventSource.Log.StorePoisoned(store, message);
    }

    internal void CompactionFinished(int segments, long copiedBytes, long reclaimedBytes, TimeSpan took) =>
        KvsEventSource.Log.CompactionFinished(store, segments, copiedBytes, reclaimedBytes, took.TotalMilliseconds);

    internal void CompactionFailed(Exception failure)
    {
        string message = $"Compaction could not go on, and will be tried again: {failure.Message}";
        Tell(message);
        KvsEventSource.Log.CompactionFailed(store, message);
    }

    internal void WritesHeldBack() => KvsEventSource.Log.WritesHeldBack(store);

    internal void WritesLetGo(TimeSpan took) => KvsEventSource.Log.WritesLetGo(store, took.TotalMilliseconds);

    internal void DiskFull(Exception failure)
    {
        string message = $"There is no room for writes, which fail until there is; reads go on. {failure.Message}";
        Tell(message);
        KvsEventSource.Log.DiskFull(store, message);
    }

    internal void DiskHasRoom()
    {
        const string Message = "There is room for writes again.";
        Tell(Message);
        KvsEventSource.Log.DiskHasRoom(store, Message);
    }

    internal void FooterRebuilt(string path, string fault)
    {
        string message = $"All of {path} was read and found whole, because its footer could not be used: {fault}.";
        Tell(message);
        KvsEventSource.Log.FooterRebuilt(store, path, message);
    }

    internal void DamageFound(KvsDamageException damage)
    {
        string message = $"A segment is damaged and is left as it is: {damage.Message}";
        Tell(message);
        KvsEventSource.Log.DamageFound(store, damage.File, damage.Offset, message);
    }

    internal void FileLeftBehind(string path, Exception failure)
    {
        string message = $"A file of no use was left behind: {failure.Message}";
        Tell(message);
        KvsEventSource.Log.FileLeftBehind(store, path, message);
    }

    /// <summary>Tells of what nothing is lost by, and what is done about by itself.</summary>
    internal void Warn(string message)
    {
        Tell(message);
        KvsEventSource.Log.Warned(store, message);
    }

    /// <summary>The threads that have something to tell must not end because of it.</summary>
    private void Tell(string message)
    {
        try
        {
            log?.Invoke(message);
        }
        catch (Exception)
        {
            // It was told as well as it could be; there is nobody else to tell.
        }
    }
}
