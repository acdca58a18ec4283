using Kvs.Folder;
using Kvs.Log;
using Kvs.Recovery;

namespace Kvs.Admin;

/// <summary>
/// Backs up a folder that nobody has open. What opening would recover of a session that did not end well is recovered
/// in the copy: another machine would take the death of a process for a power cut, and drop what was not synced.
/// </summary>
internal static class ClosedBackup
{
    /// <summary>Makes a backup.</summary>
    internal static BackupReport Run(string path, string target, AdminOptions options)
    {
        using var folder = new StoreFolder(options.FileSystem, path);
        StoreMarker marker = folder.RequireMarker();
        Manifest manifest = folder.ReadManifest();
        List<ulong> unsealed = folder.UnsealedOf(manifest);
        var progress = new ProgressCounter(options.Progress, folder.LengthOf([.. manifest.Sealed, .. unsealed]));
        using var backup = new BackupFolder(options.FileSystem, target, folder.Folder, marker.Secret, progress);
        var settled = new SettledLog(manifest);
        foreach (ulong id in manifest.Sealed)
        {
            using Segment segment = Open(folder, id, marker.Secret);
            backup.CopySealed(segment, segment.Length, settled);
        }

        foreach (ulong id in unsealed)
        {
            using Segment segment = Open(folder, id, marker.Secret);
            backup.CopyUnsealed(segment);
        }

        ulong lastNumber = folder.SegmentIds.Concat(manifest.Dropped).DefaultIfEmpty().Max();
        manifest = manifest with
        {
            SegmentFloor = Math.Max(manifest.SegmentFloor, lastNumber + 1),
            Dropped = [],
        };
        folder.ThrowIfOpenedMeanwhile();
        return backup.Finish(unsealed.Count == 0
            ? manifest
            : Recover(backup, folder, manifest, unsealed, settled, marker.Secret, options.Tell));
    }

    private static Segment Open(StoreFolder folder, ulong id, LogSecret secret)
    {
        if (!folder.SegmentIds.Contains(id))
        {
            throw new KvsDamageException(Path.Combine(folder.Folder, FolderNames.Segment(id)), 0,
                "the segment is missing, and the manifest says that it must be there");
        }

        return SegmentFile.Open(folder.Files, folder.Folder, id, secret, isWritable: false);
    }

    /// <summary>Does with the copies what opening would do with the originals; returns the manifest that names them.
    /// </summary>
    private static Manifest Recover(BackupFolder backup, StoreFolder folder, Manifest manifest, List<ulong> unsealed,
        SettledLog settled, LogSecret secret, Action<string> tell)
    {
        bool isPowerCut = manifest.BootId != folder.Files.BootId;
        List<Segment> copies = [];
        try
        {
            unsealed.ForEach(id => copies.Add(backup.OpenForRepair(id)));
            SessionRecovery recovery = settled.RecoveryOf(backup.Folder, copies, secret, isPowerCut);
            List<Segment> kept = Repair(recovery, folder, tell);
            ulong sequence = kept.Aggregate(Math.Max(manifest.SequenceFloor, settled.HighestSequence),
                (highest, segment) => Math.Max(highest, segment.Seal?.HighestSequence ?? 0));
            ulong epoch = Math.Max(manifest.DurableEpoch, recovery.HighestEpoch);
            copies.Except(kept).ToList().ForEach(empty => backup.Drop(empty.Id));
            tell(isPowerCut
                ? $"The machine was stopped while {folder.Folder} was open. What was on disk is in the backup; " +
                  $"{recovery.DroppedBytes} bytes behind the last complete group of writes are not."
                : $"{folder.Folder} was not closed by the process that had it open. Everything that it acknowledged " +
                  $"is in the backup; {recovery.Holes} writes had begun and were not complete.");
            return manifest with
            {
                Sealed = [.. manifest.Sealed, .. kept.Select(segment => segment.Id)],
                SequenceFloor = sequence + (isPowerCut ? StoreOpener.SequenceGapAfterPowerCut : 0),
                DurableEpoch = epoch + (isPowerCut ? StoreOpener.EpochGapAfterPowerCut : 0),
            };
        }
        finally
        {
            copies.ForEach(segment => segment.Dispose());
        }
    }

    private static List<Segment> Repair(SessionRecovery recovery, StoreFolder folder, Action<string> tell)
    {
        try
        {
            recovery.Analyze();
            List<Segment> kept = recovery.Repair(tell);
            kept.ForEach(SegmentSealer.Trim);
            return kept;
        }
        catch (KvsDamageException e)
        {
            // The copy that the error names will be gone.
            throw new KvsDamageException(Path.Combine(folder.Folder, Path.GetFileName(e.File)), e.Offset, e.What);
        }
    }
}
