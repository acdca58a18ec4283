using Kvs.Folder;
using Kvs.Log;

namespace Kvs.Admin;

/// <summary>
/// What is missing from the segments of a session that did not end well, and left no gap: chunks say where the one
/// before in their lane ends, commit records where each lane stood.
/// </summary>
/// <param name="folder">The store's folder.</param>
/// <param name="isSettled">Whether a segment is sealed or dropped: what lies in it is told by itself.</param>
internal sealed class LostLinks(string folder, Func<ulong, bool> isSettled)
{
    private readonly Dictionary<LogPlace, uint> _ends = [];
    private readonly Dictionary<LogPlace, (uint End, string Witness)> _expected = [];

    /// <summary>Takes what was found in a segment.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="found">What was found.</param>
    /// <param name="durable">Only commit records up to this epoch are believed.</param>
    internal void Add(Segment segment, SegmentSearch found, ulong durable)
    {
        foreach ((uint offset, ChunkHeader header, uint end) in found.Chunks)
        {
            _ends[new LogPlace(segment.Id, offset)] = end;
            Expect(header.Previous, header.PreviousEnd, "the next chunk of its lane");
        }

        foreach (CommitRecord commit in found.Commits.Where(commit => commit.Epoch <= durable))
        {
            foreach (LanePlace place in commit.Places)
            {
                Expect(place.Chunk, place.End, $"the commit record of epoch {commit.Epoch}");
            }
        }
    }

    /// <summary>What is missing.</summary>
    internal IEnumerable<LostRange> Find()
    {
        foreach ((LogPlace chunk, (uint end, string witness)) in _expected)
        {
            uint found = _ends.GetValueOrDefault(chunk, chunk.Offset);
            if (found < end)
            {
                yield return new LostRange(Path.Combine(folder, FolderNames.Segment(chunk.Segment)), found, end,
                    $"nothing is here, and {witness} says that there was something", IsAccountedFor: false);
            }
        }
    }

    private void Expect(LogPlace chunk, uint end, string witness)
    {
        if (!chunk.IsNowhere && !isSettled(chunk.Segment) &&
            (!_expected.TryGetValue(chunk, out (uint End, string) before) || before.End < end))
        {
            _expected[chunk] = (end, witness);
        }
    }
}
