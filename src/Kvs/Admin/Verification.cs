using System.Collections.Concurrent;
using Kvs.Folder;
using Kvs.Index;
using Kvs.Log;
using Kvs.Monitoring;
using Kvs.Recovery;

namespace Kvs.Admin;

/// <summary>
/// Reads all of a folder and compares every checksum, count and link in it: what opening the store and reading all of
/// it would find, and what no reader would. Used once.
/// </summary>
internal sealed unsafe class Verification
{
    /// <summary>Only for counting keys: any number does.</summary>
    private const int Partitions = 256;

    private readonly StoreFolder _folder;
    private readonly ConcurrentBag<DamagedPlace> _damages = [];
    private readonly ProgressCounter _progress;
    private readonly long _bytes;
    private LogSecret _secret;
    private long _records;

    private Verification(StoreFolder folder, AdminOptions options)
    {
        _folder = folder;
        _bytes = folder.LengthOf(folder.SegmentIds);
        _progress = new ProgressCounter(options.Progress, _bytes);
    }

    /// <summary>Verifies a folder.</summary>
    internal static VerifyReport Run(string path, AdminOptions options)
    {
        using var folder = new StoreFolder(options.FileSystem, path);
        VerifyReport report = new Verification(folder, options).Run();
        folder.ThrowIfOpenedMeanwhile();
        return report;
    }

    private VerifyReport Run()
    {
        var report = new VerifyReport { Folder = _folder.Folder, Damages = [] };
        Manifest manifest;
        try
        {
            _secret = _folder.ReadMarker().Secret;
            report = report with { StoreId = $"{_secret.StoreId:x16}" };
            manifest = _folder.ReadManifest();
        }
        catch (KvsDamageException e)
        {
            // Without the secret no checksum can be compared; without the manifest, those in the segments can.
            _damages.Add(DamagedPlace.Of(e));
            return End(report.StoreId is null ? report : VerifyWithoutManifest(report));
        }

        List<ulong> unsealed = _folder.UnsealedOf(manifest);
        var settled = new SettledLog(manifest);
        ForEach([.. manifest.Sealed], id => VerifySealed(id, settled));
        _records += settled.Records;
        bool isSealedSound = _damages.IsEmpty;
        return End(report with
        {
            Segments = manifest.Sealed.Count + unsealed.Count,
            Bytes = _folder.LengthOf([.. manifest.Sealed, .. unsealed]),
            Recovery = unsealed.Count == 0 ? null : VerifyUnsealed(manifest, unsealed, settled, isSealedSound),
            Keys = unsealed.Count == 0 && isSealedSound ? CountKeys(manifest) : null,
        });
    }

    private VerifyReport End(VerifyReport report) => report with
    {
        Records = _records,
        Damages = [.. _damages.OrderBy(damage => damage.File, StringComparer.Ordinal).ThenBy(damage => damage.Offset)],
    };

    private VerifyReport VerifyWithoutManifest(VerifyReport report)
    {
        ForEach([.. _folder.SegmentIds], id =>
        {
            using Segment segment = Open(id);
            SegmentChain chain = SegmentWalk.FindChunks(segment);
            if (chain.Seal is not null || Seal.TryRead(segment, segment.Length - Frame.SealBytes) is not null)
            {
                VerifySealed(segment, settled: null);
            }
            else
            {
                SegmentWalk.VisitRecords(segment, _ => Interlocked.Increment(ref _records));
            }
        });
        return report with { Segments = _folder.SegmentIds.Count, Bytes = _bytes };
    }

    private void VerifySealed(ulong id, SettledLog settled)
    {
        if (!_folder.SegmentIds.Contains(id))
        {
            throw new KvsDamageException(Path.Combine(_folder.Folder, FolderNames.Segment(id)), 0,
                "the segment is missing, and the manifest says that it must be there");
        }

        using Segment segment = Open(id);
        VerifySealed(segment, settled);
        _progress.Add(segment.Length);
    }

    private void VerifySealed(Segment segment, SettledLog? settled)
    {
        using var complete = new SealedSegment(segment);
        complete.VerifyAll(KeySeeds.Of(_secret.HashSeed));
        settled?.Add(complete);
    }

    /// <summary>Does what opening would do before it changes anything. Null where that cannot be said.</summary>
    private RecoveryForecast? VerifyUnsealed(Manifest manifest, List<ulong> ids, SettledLog settled,
        bool isSealedSound)
    {
        List<Segment> segments = [];
        try
        {
            ids.ForEach(id => Collect(() => segments.Add(Open(id))));
            bool isPowerCut = manifest.BootId != _folder.Files.BootId;
            bool isDecidable = segments.Count == ids.Count && (isSealedSound || !isPowerCut);
            int damagesBefore = _damages.Count;
            SessionRecovery recovery = settled.RecoveryOf(_folder.Folder, segments, _secret, isPowerCut);
            if (isDecidable)
            {
                Collect(recovery.Analyze);
            }

            _progress.Add(segments.Sum(segment => (long)segment.Length));
            if (!isDecidable || _damages.Count > damagesBefore)
            {
                // After a power cut, what lies behind a break tells nothing by itself.
                VerifyEach(isPowerCut ? [] : segments);
                return null;
            }

            long kept = recovery.Chunks.Sum(CountKept);
            _records += kept;
            return new RecoveryForecast
            {
                IsPowerCut = isPowerCut,
                KeptRecords = kept,
                DroppedBytes = recovery.DroppedBytes,
                UnfinishedWrites = recovery.Holes,
            };
        }
        finally
        {
            segments.ForEach(segment => segment.Dispose());
        }
    }

    /// <summary>Recovery ends at the first damage. After the death of a process alone, every break in another segment
    /// is damage as well.</summary>
    private void VerifyEach(List<Segment> segments)
    {
        HashSet<string> named = [.. _damages.Select(damage => damage.File)];
        foreach (Segment segment in segments.Where(segment => !named.Contains(segment.Path)))
        {
            Collect(() => SegmentWalk.VisitRecords(segment, _ => _records++));
        }
    }

    private static long CountKept(ChunkWalk chunk)
    {
        long count = 0;
        if (chunk.Header is not null)
        {
            var kept = new ChunkWalk(chunk.Segment, chunk.Offset, chunk.KeptEnd - chunk.Offset, chunk.Header);
            SegmentWalk.WalkFrames(kept, visitHole: _ => { }, visit: offset =>
            {
                count += Frame.Kind(chunk.Segment.Start + offset) is FrameKind.Put or FrameKind.Remove ? 1 : 0;
            });
        }

        return count;
    }

    /// <summary>Loads an index, as opening does.</summary>
    private long? CountKeys(Manifest manifest)
    {
        var table = new SegmentTable();
        var reclaimer = new Reclaimer(new EpochGate(1, nameof(KvStore)));
        using var index = new StoreIndex(table, reclaimer, _secret.HashSeed, Partitions);
        using var loader = new IndexLoader(index, new StoreEvents(_folder.Folder, log: null));
        try
        {
            foreach (ulong id in manifest.Sealed)
            {
                loader.Add(SegmentFile.Open(_folder.Files, _folder.Folder, id, _secret, isWritable: false, table));
            }

            loader.FillIndex();
            return index.Partitions.Sum(partition => (long)partition.Keys);
        }
        catch (KvsDamageException e)
        {
            _damages.Add(DamagedPlace.Of(e));
            return null;
        }
        finally
        {
            reclaimer.Collect(ulong.MaxValue);
            table.ToList().ForEach(segment => segment.Dispose());
        }
    }

    private Segment Open(ulong id) =>
        SegmentFile.Open(_folder.Files, _folder.Folder, id, _secret, isWritable: false);

    private void ForEach(IReadOnlyList<ulong> ids, Action<ulong> verify) =>
        ParallelWork.ForEach(ids.Count, usesThreads: true, number => Collect(() => verify(ids[number])));

    /// <summary>Goes on behind damage.</summary>
    private void Collect(Action verify)
    {
        try
        {
            verify();
        }
        catch (KvsDamageException e)
        {
            _damages.Add(DamagedPlace.Of(e));
        }
    }
}
