namespace Kvs;

/// <summary>What has happened to a write by the time that the call which made it returns.</summary>
public enum Durability
{
    /// <summary>
    /// The write survives the death of the process, kill -9 included. A power cut goes back to a recent moment: the
    /// store still syncs when a segment fills and every 30 seconds.
    /// </summary>
    Process,

    /// <summary>
    /// As <see cref="Process"/>, and a sync in the background bounds what a power cut can take to the last
    /// <see cref="KvStoreOptions.SyncInterval"/>. What remains is everything up to one moment, without holes.
    /// </summary>
    Interval,

    /// <summary>The write, and all before it, is on disk. Concurrent writers share one sync.</summary>
    Disk,
}
