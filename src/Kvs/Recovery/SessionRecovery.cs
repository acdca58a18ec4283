using Kvs.Folder;
using Kvs.Index;
using Kvs.Log;

namespace Kvs.Recovery;

/// <summary>
/// Decides what is kept of the segments of a session that did not end well, and makes it so.
/// </summary>
/// <remarks>
/// After the death of the process alone, the kernel still has every store that was made: all complete records count,
/// a hole is what a writer died in, and anything else that is not as written is damage. After a power cut, any page
/// that was not synced may be there or not: what counts is everything up to the last epoch whose commit record is
/// there and whose lanes reach the places that it names; what is behind was never durable and goes, as one. That
/// epoch must be no earlier than any that a sound commit record says was durable before; else it is damage.
/// <see cref="Analyze"/> changes nothing. <see cref="Repair"/> may be interrupted anywhere, and recovery then be run
/// again with the same result: until the next manifest is written, it only takes away what was not kept.
/// </remarks>
internal sealed unsafe class SessionRecovery
{
    private readonly string _folder;
    private readonly List<Segment> _segments;
    private readonly KeySeeds _seeds;
    private readonly bool _isPowerCut;
    private readonly Func<ulong, bool> _isSettled;
    private readonly List<CommitRecord> _commits;
    private readonly List<ChunkWalk> _chunks = [];
    private readonly List<LogBreak> _breaks = [];
    private readonly Dictionary<uint, LaneWalk> _lanes = [];
    private readonly Dictionary<Segment, SegmentChain> _chains = [];
    private ulong _keptEpoch;

    /// <summary>Prepares a recovery.</summary>
    /// <param name="folder">The store's folder, as errors name it.</param>
    /// <param name="segments">The session's segments that are not sealed.</param>
    /// <param name="seeds">Of the hashes that their footers will hold.</param>
    /// <param name="manifest">The session's manifest.</param>
    /// <param name="isPowerCut">Whether the machine was started again since.</param>
    /// <param name="settledEpoch">The latest epoch in the session's sealed segments: it is durable.</param>
    /// <param name="settledCommits">The commit records in them.</param>
    internal SessionRecovery(string folder, List<Segment> segments, in KeySeeds seeds, Manifest manifest,
        bool isPowerCut, ulong settledEpoch, IEnumerable<CommitRecord> settledCommits)
    {
        _folder = folder;
        _segments = segments;
        _seeds = seeds;
        _isPowerCut = isPowerCut;
        _commits = [.. settledCommits];
        _keptEpoch = Math.Max(manifest.DurableEpoch, settledEpoch);
        HighestEpoch = _keptEpoch;
        var settled = new HashSet<ulong>([.. manifest.Sealed, .. manifest.Dropped]);
        _isSettled = settled.Contains;
    }

    /// <summary>The highest epoch that was seen, kept or not.</summary>
    internal ulong HighestEpoch { get; private set; }

    /// <summary>Bytes of the log behind the last epoch that was complete.</summary>
    internal long DroppedBytes { get; private set; }

    /// <summary>Writes that a thread died in the middle of.</summary>
    internal int Holes => _chunks.Sum(chunk => chunk.Holes.Count);

    /// <summary>All chunks that were found, and in each where that ends which is kept.</summary>
    internal IReadOnlyList<ChunkWalk> Chunks => _chunks;

    /// <summary>Looks at everything and decides; changes nothing.</summary>
    /// <exception cref="KvsDamageException">Something that was durable is not there, or not as written.</exception>
    internal void Analyze()
    {
        _segments.ForEach(FindChunks);
        ParallelWork.ForEach(_segments.Count, UsesThreads, number => WalkSegment(_segments[number]));
        foreach (IGrouping<uint, ChunkWalk> lane in _chunks.Where(chunk => chunk.Header is not null)
            .GroupBy(chunk => chunk.Header!.Value.Lane))
        {
            var walk = new LaneWalk(lane, _isSettled);
            _lanes.Add(lane.Key, walk);
            foreach (ChunkWalk chunk in walk.Chunks)
            {
                HighestEpoch = Math.Max(HighestEpoch, chunk.HighestEpoch);
                _commits.AddRange(chunk.Commits);
            }

            if (walk.Break is not null)
            {
                _breaks.Add(walk.Break);
            }
        }

        if (_isPowerCut)
        {
            DecideAfterPowerCut();
        }
        else
        {
            DecideAfterProcessDeath();
        }
    }

    /// <summary>Makes what is kept durable, takes away the rest, and seals. Returns the segments that hold something;
    /// the others may be removed.</summary>
    /// <param name="tell">Told what an operator should know.</param>
    internal List<Segment> Repair(Action<string> tell)
    {
        foreach (ChunkWalk chunk in _chunks)
        {
            chunk.Holes.ForEach(hole => WritePadding(chunk.Segment, hole));
            if (chunk.Header is null)
            {
                WritePadding(chunk.Segment, chunk.Offset);
            }
            else if (_isPowerCut)
            {
                Zero(chunk.Segment, chunk.KeptEnd, chunk.End);
            }
        }

        var contents = new SegmentContents?[_segments.Count];
        try
        {
            ParallelWork.ForEach(_segments.Count, UsesThreads,
                number => contents[number] = ReadForSealing(_segments[number]));
            return [.. _segments.Where((segment, number) => TrySeal(segment, contents[number], tell))];
        }
        finally
        {
            Array.ForEach(contents, read => read?.Dispose());
        }
    }

    /// <summary>Other threads would take longer to come than the work that small segments make.</summary>
    private bool UsesThreads => _chains.Values.Sum(chain => (long)chain.End) >= 1024 * 1024;

    /// <summary>Clears what is behind the chunks of a segment that will be sealed anew, and reads them. One that was
    /// sealed and cut already is what it will be, because a file is cut only when the rest is on disk: null.</summary>
    private SegmentContents? ReadForSealing(Segment segment)
    {
        SegmentChain chain = _chains[segment];
        if (IsCut(segment))
        {
            return null;
        }

        if (_isPowerCut)
        {
            Zero(segment, chain.End, segment.Length);
        }
        else if (chain.UsedEnd != chain.End)
        {
            // Nobody has looked yet at what is behind a seal.
            ZeroAsHole(segment, chain.End, chain.Seal is null ? chain.UsedEnd : segment.Length);
        }

        return SegmentContents.Read(segment, _seeds);
    }

    private static bool TrySeal(Segment segment, SegmentContents? contents, Action<string> tell)
    {
        if (contents?.Chunks == 0)
        {
            return false;
        }

        // The session may have ended because a sync failed, after which pages count as clean that are not.
        segment.File.MarkDirty(0, contents?.End ?? segment.Length);
        if (contents is not null)
        {
            SegmentSealer.Seal(segment, contents, tell);
        }
        else
        {
            segment.File.Sync();
        }

        return true;
    }

    private static bool IsCut(Segment segment) => segment.Length < segment.Header.Capacity;

    private void FindChunks(Segment segment)
    {
        SegmentChain chain = SegmentWalk.FindChunks(segment);
        _chunks.AddRange(chain.Chunks);
        _chains.Add(segment, chain);
        if (chain.Seal is null && IsCut(segment))
        {
            throw chain.Break?.ToDamage() ?? segment.Damage(segment.Length,
                $"the file has {segment.Length} bytes in place of {segment.Header.Capacity}, and no seal");
        }

        if (chain.Break is not null)
        {
            _breaks.Add(chain.Break);
        }
    }

    /// <summary>Verifies what one segment holds, as far as that does not depend on the others.</summary>
    private void WalkSegment(Segment segment)
    {
        SegmentChain chain = _chains[segment];
        chain.Chunks.ForEach(chunk => SegmentWalk.Survey(chunk, skipsHoles: !_isPowerCut));
        if (IsCut(segment))
        {
            using var sealedBefore = new SealedSegment(segment);
            sealedBefore.VerifyChunks(_seeds);
        }
        else if (chain.Break is null && chain.Seal is null && !_isPowerCut)
        {
            RequireZero(segment, chain.UsedEnd, segment.Length);
        }
    }

    private void DecideAfterProcessDeath()
    {
        if (_breaks.Count > 0)
        {
            throw _breaks[0].ToDamage();
        }

        foreach (ChunkWalk chunk in _chunks)
        {
            if (chunk.Header is not null)
            {
                RequireZero(chunk.Segment, chunk.SoundEnd, chunk.End);
            }
        }

        if (_commits.Find(commit => !IsComplete(commit)) is { } incomplete)
        {
            throw Missing(incomplete);
        }

        foreach (LaneWalk lane in _lanes.Values)
        {
            lane.KeepAll();
        }
    }

    private void DecideAfterPowerCut()
    {
        ulong durable = _keptEpoch;
        foreach (CommitRecord commit in _commits)
        {
            durable = Math.Max(durable, commit.DurableBefore);
            if (commit.Epoch > _keptEpoch && IsComplete(commit))
            {
                _keptEpoch = commit.Epoch;
            }
        }

        // A commit record that the walk could not get to keeps nothing, but it can prove that the break is damage.
        List<CommitRecord> evidence = [.. _segments.SelectMany(SegmentWalk.SearchCommits)];
        durable = evidence.Aggregate(durable, (latest, commit) => Math.Max(latest, commit.DurableBefore));
        HighestEpoch = evidence.Aggregate(HighestEpoch, (latest, commit) => Math.Max(latest, commit.Epoch));
        if (_keptEpoch < durable)
        {
            CommitRecord witness = _commits.Concat(evidence).First(commit => commit.DurableBefore == durable);
            throw _breaks.Count > 0 ? _breaks[0].ToDamage() : Missing(witness);
        }

        if (_commits.Concat(evidence).FirstOrDefault(commit => commit.Epoch <= _keptEpoch && !IsComplete(commit)) is
            { } incomplete)
        {
            throw _breaks.Count > 0 ? _breaks[0].ToDamage() : Missing(incomplete);
        }

        foreach (LaneWalk lane in _lanes.Values)
        {
            lane.KeepUpTo(_keptEpoch);
        }

        DroppedBytes = _chunks.Sum(chunk => (long)chunk.SoundEnd - chunk.KeptEnd);
    }

    private bool IsComplete(CommitRecord commit)
    {
        for (int lane = 0; lane < commit.Places.Count; lane++)
        {
            if (!Reaches((uint)lane, commit.Places[lane]))
            {
                return false;
            }
        }

        return true;
    }

    private bool Reaches(uint lane, LanePlace place) =>
        _lanes.TryGetValue(lane, out LaneWalk? walk)
            ? walk.Reaches(place)
            : place.Chunk.IsNowhere || _isSettled(place.Chunk.Segment);

    /// <summary>The error for a commit record whose epoch is durable and not there.</summary>
    private KvsDamageException Missing(CommitRecord commit)
    {
        int lane = Enumerable.Range(0, commit.Places.Count)
            .FirstOrDefault(lane => !Reaches((uint)lane, commit.Places[lane]));
        LanePlace place = commit.Places[lane];
        string path = _segments.Find(segment => segment.Id == place.Chunk.Segment)?.Path ??
            Path.Combine(_folder, FolderNames.Segment(place.Chunk.Segment));
        return new KvsDamageException(path, place.End,
            $"the records up to here were on disk in epoch {commit.Epoch}, and some of them are missing");
    }

    private static void RequireZero(Segment segment, uint from, uint to)
    {
        if (from < to && SegmentWalk.FindNonZero(segment, from, to) is { } stray)
        {
            throw segment.Damage(stray, "there is something where nothing was written");
        }
    }

    /// <summary>Makes padding of room that was taken and not filled, and of it alone.</summary>
    internal static void WritePadding(Segment segment, uint offset)
    {
        byte* frame = segment.Start + offset;
        uint length = Frame.LengthOf(Frame.ReadWord(frame));
        if (!Frame.IsComplete(Frame.ReadWord(frame)))
        {
            Frame.WriteCommon(frame, FrameKind.Padding, epoch: 0, sequence: 0);
            Frame.Finish(frame, length, length, segment.Salt, offset);
        }
    }

    /// <summary>Takes away what somebody had begun to write behind the last chunk. If this process dies meanwhile, it
    /// is still room that was taken and never filled.</summary>
    private static void ZeroAsHole(Segment segment, uint from, uint to)
    {
        byte* frame = segment.Start + from;
        Frame.Begin(frame, to - from);
        Zero(segment, from + sizeof(ulong), to);
        Volatile.Write(ref *(ulong*)frame, 0);
    }

    private static void Zero(Segment segment, uint from, uint to) =>
        new Span<byte>(segment.Start + from, (int)(to - from)).Clear();
}
