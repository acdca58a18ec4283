using Kvs.Compaction;
using Kvs.Log;

namespace Kvs.Admin;

/// <summary>
/// Backs up a store that is in use. The moment is the end of an epoch that is durable: all writes that are stamped up
/// to it are complete, and they are a prefix of each lane and of what each thread wrote. So what is sealed is copied as
/// it is, and of the rest, which may be written to meanwhile, what is stamped up to that epoch, which is not.
/// </summary>
/// <remarks>Any thread; the copying is done on the caller's.</remarks>
internal sealed class HotBackup(string folder, LogSecret secret, KvStoreOptions options, Housekeeper housekeeper)
{
    /// <summary>Makes a backup.</summary>
    /// <param name="target">The folder that it goes to.</param>
    /// <param name="flush">Makes durable what was written up to now.</param>
    internal BackupReport Run(string target, Action flush)
    {
        var progress = new ProgressCounter(progress: null, totalBytes: 0);
        using var backup = new BackupFolder(options.FileSystem, target, folder, secret, progress);
        flush();
        using LogSnapshot snapshot = housekeeper.TakeSnapshot();
        var settled = new SettledLog(snapshot.Manifest);
        List<ulong> copied = [];
        foreach (SegmentPart part in snapshot.Parts)
        {
            if (part.IsSealed)
            {
                backup.CopySealed(part.Segment, part.End, settled);
            }
            else
            {
                backup.CopyPart(part, settled, options.Events.Warn);
            }

            copied.Add(part.Segment.Id);
            part.Dispose();
        }

        ulong lastNumber = copied.Concat(snapshot.Manifest.Dropped).Concat(snapshot.Manifest.Sealed)
            .DefaultIfEmpty().Max();
        return backup.Finish(snapshot.Manifest with
        {
            DurableEpoch = snapshot.Epoch,
            SegmentFloor = Math.Max(snapshot.Manifest.SegmentFloor, lastNumber + 1),
            Sealed = copied,
            Dropped = [],
        });
    }
}
