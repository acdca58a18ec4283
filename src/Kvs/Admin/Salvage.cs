using Kvs.Folder;
using Kvs.Index;
using Kvs.Log;
using Kvs.Recovery;

namespace Kvs.Admin;

/// <summary>
/// Makes a new store of all that is sound in a damaged one, and says what is not. Used once.
/// </summary>
/// <remarks>
/// The new store is written through the engine like any other: values and expiries are kept, versions begin anew.
/// Segments that the manifest calls dropped, or that are older than its session and not among its sealed ones, are left
/// out: what they hold was replaced or removed, and the records that say so may be gone as well.
/// </remarks>
internal sealed unsafe class Salvage : IDisposable
{
    private readonly StoreFolder _folder;
    private readonly AdminOptions _options;
    private readonly LogSecret _secret;
    private readonly KeySeeds _seeds;
    private readonly List<Segment> _segments = [];
    private readonly List<LostRange> _ranges = [];
    private readonly List<string> _warnings = [];
    private readonly SalvagedKeys _keys = new();
    private ProgressCounter _progress = null!;
    private long _records;

    private Salvage(StoreFolder folder, AdminOptions options)
    {
        _folder = folder;
        _options = options;
        _secret = folder.RequireMarker().Secret;
        _seeds = KeySeeds.Of(_secret.HashSeed);
    }

    /// <summary>Salvages a folder.</summary>
    internal static SalvageReport Run(string path, string target, AdminOptions options)
    {
        using var folder = new StoreFolder(options.FileSystem, path);
        using var salvage = new Salvage(folder, options);
        target = NewFolder.Take(options.FileSystem, target, folder.Folder, out IDisposable held);
        using (held)
        {
            salvage.ReadAll();
            folder.ThrowIfOpenedMeanwhile();
        }

        return salvage.WriteAll(target);
    }

    public void Dispose() => _segments.ForEach(segment => segment.Dispose());

    private void ReadAll()
    {
        Manifest? manifest = TryReadManifest();
        List<ulong> unsealed = manifest is null ? [] : _folder.UnsealedOf(manifest);
        List<ulong> others = [.. manifest?.Sealed ?? _folder.SegmentIds.ToArray()];
        _progress = new ProgressCounter(_options.Progress, _folder.LengthOf([.. others, .. unsealed]));
        others.ForEach(ReadSealed);
        if (manifest is not null && unsealed.Count > 0 && !TryKeepWhatRecoveryWould(manifest, unsealed))
        {
            ReadUnsealed(manifest, unsealed);
        }
    }

    private Manifest? TryReadManifest()
    {
        try
        {
            return _folder.ReadManifest();
        }
        catch (KvsDamageException e)
        {
            _ranges.Add(new LostRange(e.File, e.Offset, e.Offset, e.What, IsAccountedFor: true));
            _warnings.Add("Without the manifest nobody knows which segments were no longer needed, or are missing. " +
                "All that are there were read: keys that had been removed may be back.");
            return null;
        }
    }

    private void ReadSealed(ulong id)
    {
        if (Open(id, out string? wrong) is not { } segment)
        {
            return;
        }

        var read = SalvagedSegment.Read(segment, _segments.Count - 1, _seeds, wrong);
        Take(read);
    }

    /// <summary>Opens a segment as it is; null where there is nothing to open.</summary>
    private Segment? Open(ulong id, out string? wrong)
    {
        string path = Path.Combine(_folder.Folder, FolderNames.Segment(id));
        wrong = null;
        try
        {
            if (_folder.SegmentIds.Contains(id))
            {
                Segment segment = SegmentFile.OpenDamaged(_folder.Files, _folder.Folder, id, _secret, out wrong);
                _segments.Add(segment);
                _progress.Add(segment.Length);
                return segment;
            }

            _ranges.Add(new LostRange(path, 0, 0, "the file is missing", IsAccountedFor: false));
        }
        catch (KvsDamageException e)
        {
            _ranges.Add(new LostRange(path, 0, _folder.LengthOf(FolderNames.Segment(id)), e.What, false));
        }

        return null;
    }

    private void Take(SalvagedSegment read)
    {
        _ranges.AddRange(read.LostRanges);
        _records += read.Found.Records.Count;
        read.EnterInto(_keys);
    }

    /// <summary>After a power cut, what is behind the last complete group of writes never counted. False where that
    /// cannot be decided because of damage, or need not.</summary>
    private bool TryKeepWhatRecoveryWould(Manifest manifest, List<ulong> ids)
    {
        if (manifest.BootId == _folder.Files.BootId)
        {
            return false;
        }

        List<Segment> opened = [];
        int first = _segments.Count;
        try
        {
            var settled = new SettledLog(manifest);
            foreach (ulong id in manifest.Sealed)
            {
                using Segment segment = SegmentFile.Open(_folder.Files, _folder.Folder, id, _secret, isWritable: false);
                using var complete = new SealedSegment(segment);
                settled.Add(complete);
            }

            ids.ForEach(id => opened.Add(SegmentFile.Open(_folder.Files, _folder.Folder, id, _secret, false)));
            SessionRecovery recovery = settled.RecoveryOf(_folder.Folder, opened, _secret, isPowerCut: true);
            recovery.Analyze();
            _segments.AddRange(opened);
            opened = [];
            for (int number = first; number < _segments.Count; number++)
            {
                Segment segment = _segments[number];
                Take(SalvagedSegment.Keep(segment, number, _seeds,
                    recovery.Chunks.Where(chunk => chunk.Segment == segment)));
                _progress.Add(segment.Length);
            }

            return true;
        }
        catch (Exception e) when (e is KvsDamageException or IOException)
        {
            return false;
        }
        finally
        {
            opened.ForEach(segment => segment.Dispose());
        }
    }

    /// <summary>Takes all that is sound in the segments of a session that did not end well.</summary>
    private void ReadUnsealed(Manifest manifest, List<ulong> ids)
    {
        bool isPowerCut = manifest.BootId != _folder.Files.BootId;
        HashSet<ulong> settled = [.. manifest.Sealed, .. manifest.Dropped];
        var links = new LostLinks(_folder.Folder, settled.Contains);
        List<(Segment Segment, SalvagedSegment Read)> reads = [];
        foreach (ulong id in ids)
        {
            if (Open(id, out string? wrong) is { } segment)
            {
                var read = SalvagedSegment.Read(segment, _segments.Count - 1, _seeds, wrong);
                Take(read);
                reads.Add((segment, read));
            }
        }

        ulong durable = reads.SelectMany(read => read.Read.Found.Commits)
            .Aggregate(manifest.DurableEpoch, (latest, commit) => Math.Max(latest, commit.DurableBefore));
        foreach ((Segment segment, SalvagedSegment read) in reads)
        {
            links.Add(segment, read.Found, isPowerCut ? durable : ulong.MaxValue);
        }

        _ranges.AddRange(links.Find().Where(link => !_ranges.Exists(range =>
            range.File == link.File && range.From < link.To && link.From < range.To)));
        if (isPowerCut)
        {
            _warnings.Add("The machine was stopped while the store was open, and damage hides where its last " +
                "complete group of writes ends. All sound writes were taken; later ones may be there, and earlier " +
                "ones not.");
        }
    }

    private SalvageReport WriteAll(string target)
    {
        long keys = 0, bytes = 0, expired = 0;
        LatestWrite[] puts = [.. _keys.Puts.OrderBy(write => write.Segment).ThenBy(write => write.Offset)];
        long now = _options.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        try
        {
            using KvStore store = KvStore.Open(target, FolderCompaction.StoreOptions(_options));
            foreach (LatestWrite put in puts)
            {
                byte* frame = _segments[put.Segment].Start + put.Offset;
                long expiry = Frame.Expiry(frame);
                if (expiry != 0 && expiry <= now)
                {
                    expired++;
                    continue;
                }

                store.TrySet(Frame.Key(frame), Frame.Value(frame), new WriteOptions
                {
                    ExpiresAt = expiry == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(expiry),
                });
                keys++;
                bytes += Frame.KeyLength(frame) + Frame.ValueLength(frame);
            }
        }
        catch
        {
            RemoveStore(target);
            throw;
        }

        return new SalvageReport
        {
            Folder = _folder.Folder,
            Target = target,
            Segments = _segments.Count,
            Records = _records,
            Keys = keys,
            Bytes = bytes,
            ExpiredKeys = expired,
            LostRanges = [.. _ranges.OrderBy(range => range.File, StringComparer.Ordinal).ThenBy(range => range.From)],
            LostRecords = DescribeLost(),
            Warnings = _warnings,
        };
    }

    private List<LostRecord> DescribeLost()
    {
        List<LostRecord> lost = [];
        foreach ((LostWrite write, LatestWrite? found) in _keys.LostLatest())
        {
            // A removal of what is not there in any case is no loss.
            if (write.IsPut || found is not null)
            {
                lost.Add(new LostRecord
                {
                    File = _segments[write.Segment].Path,
                    Offset = write.Offset,
                    Key = write.Key ?? (found is { } older
                        ? Frame.Key(_segments[older.Segment].Start + older.Offset).ToArray()
                        : null),
                    Version = write.Sequence,
                    IsRemoval = !write.IsPut,
                    IsOfDamagedBatch = write.IsOfDamagedBatch,
                    SavedVersion = found?.Sequence,
                });
            }
        }

        return [.. lost.OrderBy(record => record.File, StringComparer.Ordinal).ThenBy(record => record.Offset)];
    }

    /// <summary>Half of what was saved must not be taken for all of it.</summary>
    private void RemoveStore(string target)
    {
        foreach (string name in _options.FileSystem.List(target).Where(name => name != FolderNames.Lock)
            .OrderByDescending(name => name == FolderNames.Marker))
        {
            try
            {
                _options.FileSystem.Unlink(Path.Combine(target, name));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _options.Tell($"A file of no use was left behind: {e.Message}");
            }
        }
    }
}
