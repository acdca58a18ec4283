using Kvs.Files;
using Kvs.Index;
using Kvs.Log;
using Kvs.Recovery;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>The smallest store that there can be, on simulated files: segments of 64 KiB, chunks of 4 KiB, one lane
/// for records, one for large ones. With one writing thread, its bytes lie at the same places each time,
/// and the sequence numbers of its records count its writes.</summary>
internal static class SmallStore
{
    internal const string Folder = "/store";
    internal const int SegmentBytes = 64 * 1024;

    /// <summary>The lane of what compaction copies: behind those of writes.</summary>
    internal const int CopiesLane = Lanes;

    private const int Lanes = 2;

    internal static string Manifest => Path.Combine(Folder, "manifest");

    internal static string Marker => Path.Combine(Folder, "engine");

    internal static KvStoreOptions OptionsOn(SimulatedFiles files, Durability durability = Durability.Process) => new()
    {
        FileSystem = files,
        Durability = durability,
        Partitions = 1,
        Lanes = Lanes,
        NewSecret = FormatExample.Secret,
        SegmentBytes = SegmentBytes,
        FirstSegmentBytes = SegmentBytes,
        SyncInterval = TimeSpan.FromHours(1),
    };

    internal static KvStore Open(SimulatedFiles files, Durability durability = Durability.Process) =>
        KvStore.Open(Folder, OptionsOn(files, durability));

    internal static string Segment(ulong number) => Path.Combine(Folder, $"segment-{number:x16}");

    /// <summary>All segments and their bytes at one moment, in the order of their numbers.</summary>
    internal static List<(string Path, byte[] Bytes)> Segments(SimulatedFiles files) =>
        [.. files.Snapshot()
            .Where(file => file.Bytes is not null && IsSegment(Path.GetFileName(file.Path)))
            .Select(file => (file.Path, file.Bytes!))
            .OrderBy(file => file.Path, StringComparer.Ordinal)];

    /// <summary>Verifies a sealed segment to its last byte.</summary>
    internal static unsafe void VerifySegment(SimulatedFiles files, string path)
    {
        using IFile file = files.Open(path, writable: false);
        byte* start = file.Map(file.Length);
        ulong id = Convert.ToUInt64(path[^16..], 16);
        uint salt = FormatExample.Secret.SaltOf(id);
        if (SegmentHeader.TryRead(start, salt, out SegmentHeader header) is { } wrong)
        {
            throw new KvsDamageException(path, 0, wrong);
        }

        using var segment = new Segment(file, path, start, header, salt, slot: 0, lanes: 1)
        {
            Length = (uint)file.Length,
        };
        using var complete = new SealedSegment(segment);
        complete.VerifyAll(KeySeeds.Of(FormatExample.Secret.HashSeed));
    }

    /// <summary>Waits until the segment that is made ahead is there, in its folder on disk as well, and nothing in it,
    /// so that an image has it.</summary>
    internal static void WaitForReadySegment(SimulatedFiles files) => SpinWait.SpinUntil(() =>
        files.Snapshot().Any(file => IsSegment(Path.GetFileName(file.Path)) && file.DurableBytes is not null &&
            file.Bytes?.AsSpan(HandMade.HeaderBytes).ContainsAnyExcept((byte)0) == false));

    private static bool IsSegment(string name) =>
        name.StartsWith("segment-", StringComparison.Ordinal) && !name.Contains('.', StringComparison.Ordinal);
}
