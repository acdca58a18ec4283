using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Kvs.Index;

/// <summary>Asks the processor for memory that will be read soon, so that many accesses wait at the same time. A hint:
/// nothing happens where an address is not mapped, or the processor knows no such thing.</summary>
internal static unsafe class Prefetch
{
    /// <summary>What comes at once.</summary>
    internal const int LineBytes = 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Read(void* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(address);
        }
    }
}
