using Kvs.Index;
using Kvs.Log;
using Kvs.Monitoring;

namespace Kvs.Recovery;

/// <summary>
/// Fills the index of a store that is being opened from the footers of its segments, all of which are sealed. For each
/// key the highest sequence number wins, wherever the record lies. Uses all processors.
/// </summary>
/// <param name="index">The index, empty.</param>
/// <param name="events">Told where a footer could not be used.</param>
internal sealed class IndexLoader(StoreIndex index, StoreEvents events) : IDisposable
{
    /// <summary>So many parts of the work for each processor, so that all are done at about the same time.</summary>
    private const int PartsPerProcessor = 16;

    /// <summary>Below so many entries, other threads would take longer to come than the work.</summary>
    private const long LeastEntriesForThreads = 10_000;

    private readonly List<SealedSegment> _segments = [];
    private int _loaded;

    /// <summary>The highest sequence number of all records.</summary>
    internal ulong HighestSequence { get; private set; }

    /// <summary>The highest epoch of all frames.</summary>
    internal ulong HighestEpoch { get; private set; }

    /// <summary>Segments that were read because their footers could not be used.</summary>
    internal int RebuiltSegments => _segments.Count(segment => segment.FooterFault is not null);

    /// <summary>Takes a sealed segment: looks at its seal.</summary>
    /// <exception cref="KvsDamageException">The seal is not there.</exception>
    internal SealedSegment Add(Segment segment)
    {
        var added = new SealedSegment(segment);
        _segments.Add(added);
        HighestEpoch = Math.Max(HighestEpoch, added.HighestEpoch);
        HighestSequence = Math.Max(HighestSequence, added.HighestSequence);
        return added;
    }

    /// <summary>Verifies the footers of all segments that were taken since the last call.</summary>
    /// <exception cref="KvsDamageException">A segment whose footer could not be used is not as it was written.
    /// </exception>
    internal void LoadEntries()
    {
        KeySeeds seeds = index.Seeds;
        List<SealedSegment> added = _segments[_loaded..];
        ParallelWork.ForEach(added.Count, UsesThreads, number => added[number].LoadEntries(seeds));
        _loaded = _segments.Count;
        foreach (SealedSegment segment in added.Where(segment => segment.FooterFault is not null))
        {
            events.FooterRebuilt(segment.Segment.Path, segment.FooterFault!);
        }
    }

    /// <summary>Fills the index with the records of all segments that were taken. Once, and last.</summary>
    /// <exception cref="KvsDamageException">As <see cref="LoadEntries"/>.</exception>
    internal void FillIndex()
    {
        LoadEntries();
        int partitions = index.Partitions.Count;
        int parts = UsesThreads ? Math.Min(partitions, Environment.ProcessorCount * PartsPerProcessor) : 1;
        ParallelWork.ForEach(parts, UsesThreads, () => new PartitionLoader(index, _segments), (loader, part) =>
        {
            int first = (int)((long)partitions * part / parts);
            int end = (int)((long)partitions * (part + 1) / parts);
            loader.Load(first, end - first);
        });
    }

    private bool UsesThreads => _segments.Sum(segment => (long)segment.Count) >= LeastEntriesForThreads;

    public void Dispose() => _segments.ForEach(segment => segment.Dispose());
}
