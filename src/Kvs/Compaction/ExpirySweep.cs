using System.Diagnostics;
using Kvs.Epochs;
using Kvs.Index;

namespace Kvs.Compaction;

/// <summary>
/// Removes what has expired, as anyone could: with a tombstone. What has expired is invisible without this; this gives
/// its space back.
/// </summary>
/// <remarks>
/// <see cref="Note"/> may be called from any thread, everything else by one. Looking at all records of a store takes a
/// while, so it is done when something must have expired, and takes a twentieth of the time at most.
/// </remarks>
internal sealed class ExpirySweep(StoreIndex index, EpochGate gate, TimeProvider clock)
{
    private const uint BucketsPerEpoch = 64;
    private const int RestFactor = 20;

    private static readonly TimeSpan s_leastRest = TimeSpan.FromSeconds(1);

    private readonly List<byte[]> _expired = [];
    private long _earliest = long.MaxValue;
    private long _ended;
    private TimeSpan _rest;

    /// <summary>Removes a key if it has expired.</summary>
    internal delegate void RemoveExpired(ReadOnlySpan<byte> key);

    /// <summary>Whether a record may have expired, and the sweep has rested.</summary>
    internal bool IsDue => Volatile.Read(ref _earliest) <= Now && Stopwatch.GetElapsedTime(_ended) >= _rest;

    /// <summary>Whether there is anything that expires.</summary>
    internal bool HasExpiring => Volatile.Read(ref _earliest) != long.MaxValue;

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Notes that a record is about to be written that expires then, in Unix milliseconds.</summary>
    internal void Note(long expiry)
    {
        long earliest = Volatile.Read(ref _earliest);
        while (expiry < earliest)
        {
            long seen = Interlocked.CompareExchange(ref _earliest, expiry, earliest);
            if (seen == earliest)
            {
                return;
            }

            earliest = seen;
        }
    }

    /// <summary>Looks at all records.</summary>
    /// <param name="remove">Removes a key if it has expired.</param>
    /// <param name="pause">Called now and then, between two operations.</param>
    internal void Run(RemoveExpired remove, Action pause)
    {
        long start = Stopwatch.GetTimestamp();

        // What is written from now on is noted by its writer; what is there now is met below.
        Volatile.Write(ref _earliest, long.MaxValue);
        bool isDone = false;
        try
        {
            foreach (Partition partition in index.Partitions)
            {
                for (uint bucket = 0; VisitSome(partition, bucket); bucket += BucketsPerEpoch)
                {
                    RemoveFound(remove);
                }

                RemoveFound(remove);
                pause();
            }

            isDone = true;
        }
        finally
        {
            if (!isDone)
            {
                // What was not met, or not removed, is still there.
                _expired.Clear();
                Note(Now);
            }

            _ended = Stopwatch.GetTimestamp();
            TimeSpan took = Stopwatch.GetElapsedTime(start);
            _rest = took * RestFactor > s_leastRest ? took * RestFactor : s_leastRest;
        }
    }

    private bool VisitSome(Partition partition, uint bucket)
    {
        long now = Now;
        EpochSlot epoch = gate.Enter();
        try
        {
            return partition.VisitBuckets(bucket, BucketsPerEpoch, record =>
            {
                long expiry = record.Expiry;
                if (expiry != 0 && expiry <= now)
                {
                    _expired.Add(record.Key.ToArray());
                }
                else if (expiry != 0)
                {
                    Note(expiry);
                }
            });
        }
        finally
        {
            EpochGate.Leave(epoch);
        }
    }

    private void RemoveFound(RemoveExpired remove)
    {
        foreach (byte[] key in _expired)
        {
            remove(key);
        }

        _expired.Clear();
    }
}
