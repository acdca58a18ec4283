using System.Runtime.InteropServices;
using Kvs.Concurrency;

namespace Kvs.Index;

/// <summary>A partition's writer lock and what it guards: written for each write, and read by nobody else on the way,
/// so it has cache lines of its own.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct PartitionWriter()
{
    [FieldOffset(128)]
    internal InlineLock Lock = new();

    /// <summary>The last sequence number that was given.</summary>
    [FieldOffset(144)]
    internal ulong Sequence;

    /// <summary>Slots that are not empty.</summary>
    [FieldOffset(152)]
    internal long UsedSlots;

    /// <summary>Slots that hold an entry.</summary>
    [FieldOffset(160)]
    internal long LiveSlots;
}
