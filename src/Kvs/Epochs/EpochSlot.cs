using System.Runtime.InteropServices;

namespace Kvs.Epochs;

/// <summary>
/// One thread's place in one store's <see cref="EpochGate{TSchedule}"/>: the epoch in which it is, alone on its cache
/// lines.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal sealed class EpochSlot
{
    /// <summary>What a thread that is in no epoch shows; above every epoch.</summary>
    internal const ulong Idle = ulong.MaxValue;

    /// <summary>Written by the owner alone, read by who waits.</summary>
    [FieldOffset(128)]
    internal ulong Epoch = Idle;

    /// <summary>The owner's own: how many operations it is in beyond the first.</summary>
    [FieldOffset(136)]
    internal int Nested;

    [FieldOffset(0)]
    private readonly object _gate;

    [FieldOffset(8)]
    private readonly Thread _owner;

    internal EpochSlot(object gate, Thread owner)
    {
        _gate = gate;
        _owner = owner;
    }

    /// <summary>The gate that it is a place in: only ever compared, and generic, which this cannot be for its layout.
    /// </summary>
    internal object Gate => _gate;

    internal bool IsOwnerAlive => _owner.IsAlive;
}
