using Kvs.Folder;
using Kvs.Log;

namespace Kvs.Admin;

/// <summary>Writes what stands in a store's folder as lines that a person can read. Used once.</summary>
internal sealed class FolderDump(TextWriter output, bool isFull)
{
    private int _damages;

    /// <summary>Writes all segments, or one. Returns how many damaged places there are.</summary>
    internal int Run(string path, ulong? only, AdminOptions options)
    {
        using var folder = new StoreFolder(options.FileSystem, path);
        LogSecret secret = folder.RequireMarker().Secret;
        if (only is { } wanted && !folder.SegmentIds.Contains(wanted))
        {
            throw new KvsFolderException(folder.Folder, $"{folder.Folder} has no segment {wanted}.");
        }

        Manifest? manifest = WriteManifest(folder, secret, isShown: only is null);
        foreach (ulong id in folder.SegmentIds.Where(id => only is null || id == only))
        {
            WriteSegment(folder, id, secret, manifest);
        }

        folder.ThrowIfOpenedMeanwhile();
        return _damages;
    }

    private Manifest? WriteManifest(StoreFolder folder, LogSecret secret, bool isShown)
    {
        Manifest? manifest = null;
        try
        {
            manifest = folder.ReadManifest();
        }
        catch (KvsDamageException e)
        {
            WriteDamage(e);
        }

        if (isShown)
        {
            Line($"store {secret.StoreId:x16}");
        }

        if (isShown && manifest is not null)
        {
            Line($"session {manifest.Session}, durable epoch {manifest.DurableEpoch}, versions above " +
                $"{manifest.SequenceFloor}, own segments from {manifest.SegmentFloor}");
            foreach (ulong id in manifest.Sealed.Where(id => !folder.SegmentIds.Contains(id)))
            {
                WriteDamage(new KvsDamageException(Path.Combine(folder.Folder, FolderNames.Segment(id)), 0,
                    "the segment is missing, and the manifest says that it must be there"));
            }
        }

        return manifest;
    }

    private void WriteSegment(StoreFolder folder, ulong id, LogSecret secret, Manifest? manifest)
    {
        try
        {
            using Segment segment = SegmentFile.OpenDamaged(folder.Files, folder.Folder, id, secret, out string? wrong);
            string state = manifest is null ? "" : manifest.Sealed.Contains(id) ? ", sealed"
                : manifest.Dropped.Contains(id) || id < manifest.SegmentFloor ? ", no longer needed" : ", not sealed";
            Line($"segment {id}: {FolderNames.Segment(id)}, {segment.Length} bytes{state}");
            if (wrong is not null)
            {
                WriteDamage(segment.Damage(0, wrong));
            }
            else
            {
                Line($"{0,12} header session {segment.Header.Session}, {segment.Header.Capacity} bytes while it was " +
                    $"written, chunks of {segment.Header.ChunkBytes}");
            }

            var dump = new SegmentDump(segment, isFull, Line, WriteDamage);
            dump.Run();
        }
        catch (KvsDamageException e)
        {
            WriteDamage(e);
        }
    }

    private void Line(string line) => output.WriteLine(line);

    private void WriteDamage(KvsDamageException damage)
    {
        _damages++;
        output.WriteLine($"DAMAGE {DamagedPlace.Of(damage)}");
    }
}
