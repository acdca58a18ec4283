using System.Diagnostics;
using Kvs.Admin;
using Kvs.Commits;
using Kvs.Compaction;
using Kvs.Folder;
using Kvs.Log;
using Kvs.Monitoring;
using Kvs.Recovery;

namespace Kvs;

/// <content>How a store begins and ends.</content>
public sealed unsafe partial class KvStore
{
    /// <summary>A store that was just opened has better things to do than to look for what has expired.</summary>
    private const long RestAfterOpeningMilliseconds = 30_000;

    private KvStore(string folder, KvStoreOptions options)
    {
        long start = Stopwatch.GetTimestamp();
        options = options with { Events = new StoreEvents(folder, options.Log) };
        using var opener = new StoreOpener(folder, options);
        opener.Open();
        _options = options;
        _gate = opener.Gate;
        _reclaimer = opener.Reclaimer;
        _segments = opener.Segments;
        _index = opener.Index;
        _numbersAtOpening = SumOfNumbers();
        Manifest manifest = opener.Manifest;
        _supply = new SegmentSupply(folder, opener.Secret, _segments, options, manifest.Session, manifest.SegmentFloor,
            options.Lanes);
        _housekeeper = new Housekeeper(folder, options, manifest, _segments, _index, _gate, _reclaimer, _supply);
        _log = new LogWriter(_gate, _supply, options.Lanes,
            (uint)Math.Min(options.FirstSegmentBytes, options.SegmentBytes), () => _commits!.CommitSoon());
        _commits = new GroupCommit(_gate, _log, _supply, _reclaimer, options, _housekeeper.Due);
        _expiry = new ExpirySweep(_index, _gate, options.Clock);
        if (_index.HasLoadedExpiring)
        {
            // Their moments are in the records, which opening does not read.
            _expiry.Note(Now + RestAfterOpeningMilliseconds);
        }

        _compaction = new Compaction.Compaction(options, _gate, _index, _log, _supply, _commits, _housekeeper, _expiry,
            RemoveExpired);
        _housekeeper.Start(_commits, _compaction);
        _backup = new HotBackup(folder, opener.Secret, options, _housekeeper);
        _folderLock = opener.TakeOverLock();
        _opening = new KvStoreStatistics
        {
            Engine = Name,
            Keys = 0,
            OpenTime = Stopwatch.GetElapsedTime(start),
            Recovery = opener.Recovery,
            RebuiltSegments = opener.RebuiltSegments,
        };
        options.Events.Opened(Statistics);
        KvsMeter.Shared.Add(this, folder);
    }

    /// <summary>Compacts everything that has garbage, whatever the options say; returns when it is done. Reads and
    /// writes go on meanwhile.</summary>
    /// <exception cref="KvsWriteException">It could not be done, for example because the disk is full; nothing is lost.
    /// </exception>
    public void Compact()
    {
        _gate.ThrowIfInside();
        _housekeeper.CompactAll();
    }

    /// <summary>
    /// Ends the store: whatever has begun finishes, everything is synced and sealed, and the folder is free for the
    /// next. May be called more than once.
    /// </summary>
    /// <exception cref="KvsWriteException">The last sync failed; what it should have covered may be lost in a power
    /// cut. The folder is free all the same.</exception>
    public void Dispose()
    {
        _gate.ThrowIfInside();
        if (!_gate.Close())
        {
            return;
        }

        KvsMeter.Shared.Remove(this);
        try
        {
            _housekeeper.Stop();
            _commits.Stop();
            _supply.Stop();
            _log.Roll();
            if (_commits.Poisoned is null)
            {
                _housekeeper.SealAll(_gate.Current);
                _segments.ToList().ForEach(SegmentSealer.Trim);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or KvsDamageException)
        {
            throw new KvsWriteException($"The store was not closed cleanly: {e.Message} " +
                "What the last commit covered is on disk; opening the folder recovers the rest.", isFinal: true, e);
        }
        finally
        {
            _reclaimer.Collect(ulong.MaxValue);
            _segments.ToList().ForEach(segment => segment.Dispose());
            _index.Dispose();
            _folderLock.Dispose();
        }

        _commits.ThrowIfPoisoned();
    }
}
