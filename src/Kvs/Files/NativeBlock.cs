using System.Runtime.InteropServices;

namespace Kvs.Files;

/// <summary>
/// Zeroed memory outside the managed heap, aligned to cache lines. Large blocks come straight from the kernel and
/// ask for huge pages: a random access then misses the TLB far less often.
/// </summary>
internal sealed unsafe class NativeBlock : IDisposable
{
    private const int CacheLineBytes = 64;
    private const int HugePageBytes = 2 * 1024 * 1024;

    private readonly byte* _mapped;
    private readonly nuint _mappedBytes;

    internal NativeBlock(nuint bytes)
    {
        Bytes = bytes;
        if (bytes < HugePageBytes || !OperatingSystem.IsLinux())
        {
            Start = (byte*)NativeMemory.AlignedAlloc(bytes, CacheLineBytes);
            NativeMemory.Clear(Start, bytes);
            return;
        }

        // One huge page more than needed, so that the start can be aligned to one; what is not touched costs nothing.
        _mappedBytes = bytes + HugePageBytes;
        _mapped = LinuxCalls.Map(null, (nint)_mappedBytes, LinuxCalls.ProtectRead | LinuxCalls.ProtectWrite,
            LinuxCalls.MapPrivate | LinuxCalls.MapAnonymous, -1, 0);
        if (_mapped == LinuxCalls.MapFailed)
        {
            throw new InsufficientMemoryException(
                $"No memory for {bytes} bytes of index: {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        Start = (byte*)(((nuint)_mapped + HugePageBytes - 1) & ~(nuint)(HugePageBytes - 1));
        _ = LinuxCalls.Advise(Start, (nint)bytes, LinuxCalls.AdviseHugePage);
    }

    internal byte* Start { get; private set; }

    internal nuint Bytes { get; }

    public void Dispose()
    {
        byte* start = Start;
        Start = null;
        if (start == null)
        {
            return;
        }

        if (_mapped == null)
        {
            NativeMemory.AlignedFree(start);
        }
        else
        {
            _ = LinuxCalls.Unmap(_mapped, (nint)_mappedBytes);
        }
    }
}
