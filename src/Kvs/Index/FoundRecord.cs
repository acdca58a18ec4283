using Kvs.Log;

namespace Kvs.Index;

/// <summary>A sound record of a key, found through the index. Valid as long as the finder's epoch.</summary>
/// <param name="Segment">Where it lies.</param>
/// <param name="Offset">At which offset.</param>
internal readonly unsafe record struct FoundRecord(Segment Segment, uint Offset)
{
    internal byte* Frame => Segment.Start + Offset;

    internal uint Length => Log.Frame.LengthOf(Log.Frame.ReadWord(Frame));

    internal ReadOnlySpan<byte> Key => Log.Frame.Key(Frame);

    internal ReadOnlySpan<byte> Value => Log.Frame.Value(Frame);
}
