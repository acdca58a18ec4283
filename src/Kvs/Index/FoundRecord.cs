using Kvs.Log;

namespace Kvs.Index;

/// <summary>A sound record of a key, found through the index. Valid as long as the finder's epoch.</summary>
/// <param name="Segment">Where it lies.</param>
/// <param name="Offset">At which offset.</param>
internal readonly unsafe record struct FoundRecord(Segment Segment, uint Offset)
{
    internal byte* Frame => Segment.Start + Offset;

    internal uint Length => Log.Frame.LengthOf(Log.Frame.ReadWord(Frame));

    internal ulong Version => Log.Frame.Sequence(Frame);

    internal long Expiry => Log.Frame.Expiry(Frame);

    internal ValueInfo Info => new(Log.Frame.ValueLength(Frame), Version, Expiry);

    internal ReadOnlySpan<byte> Key => Log.Frame.Key(Frame);

    /// <summary>Where the value begins in the segment.</summary>
    internal uint ValueOffset => (uint)(Log.Frame.KeyStart(Frame) - Segment.Start) + (uint)Log.Frame.KeyLength(Frame);

    internal ReadOnlySpan<byte> Value => Log.Frame.Value(Frame);
}
