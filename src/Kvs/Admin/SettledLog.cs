using Kvs.Folder;
using Kvs.Log;
using Kvs.Recovery;

namespace Kvs.Admin;

/// <summary>What the sealed segments of a folder say together, as far as the recovery of the others needs it.
/// Thread-safe.</summary>
/// <param name="manifest">The folder's manifest.</param>
internal sealed class SettledLog(Manifest manifest)
{
    private readonly Lock _lock = new();
    private readonly List<CommitRecord> _commits = [];

    /// <summary>The highest epoch in them.</summary>
    internal ulong HighestEpoch { get; private set; }

    /// <summary>The highest sequence number in them.</summary>
    internal ulong HighestSequence { get; private set; }

    /// <summary>Puts and removes in them.</summary>
    internal long Records { get; private set; }

    /// <summary>The commit records in those of the manifest's session.</summary>
    internal IReadOnlyList<CommitRecord> Commits => _commits;

    /// <summary>Takes a segment that was verified.</summary>
    internal void Add(SealedSegment segment)
    {
        bool isOwn = segment.Segment.Header.Session == manifest.Session;
        List<CommitRecord> commits = isOwn ? segment.ReadCommits() : [];
        lock (_lock)
        {
            HighestEpoch = Math.Max(HighestEpoch, segment.HighestEpoch);
            HighestSequence = Math.Max(HighestSequence, segment.HighestSequence);
            Records += segment.Count;
            _commits.AddRange(commits);
        }
    }

    /// <summary>The recovery of the session's other segments.</summary>
    internal SessionRecovery RecoveryOf(string folder, List<Segment> unsealed, LogSecret secret, bool isPowerCut) =>
        new(folder, unsealed, Index.KeySeeds.Of(secret.HashSeed), manifest, isPowerCut,
            manifest.Sealed.Count == 0 ? 0 : HighestEpoch, _commits);
}
