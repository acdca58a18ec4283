using Kvs.Protocol;

namespace Kvs.Client;

/// <summary>
/// Which server of several owns a key: the slots of <see cref="KeySlot"/>, cut into as many even stretches as there are
/// servers, in the order of their list. Whoever uses the same servers must list them in the same order.
/// </summary>
/// <remarks>Of n servers, the one at place i owns the slots s with i = s * n / 16384, rounded down.</remarks>
public static class SlotMap
{
    /// <summary>The place of the server that owns a key, among so many.</summary>
    public static int OwnerOf(ReadOnlySpan<byte> key, int servers) =>
        servers == 1 ? 0 : (int)((long)KeySlot.Of(key) * servers / KeySlot.Count);
}
