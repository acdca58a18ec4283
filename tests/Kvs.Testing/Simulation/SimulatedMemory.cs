using System.Runtime.InteropServices;

namespace Kvs.Testing;

/// <summary>Native memory that begins at a page's border, as a mapping does. Zero at first.</summary>
internal sealed unsafe class SimulatedMemory
{
    /// <summary>What memory holds once its mapping is gone, so that whoever still reads it notices.</summary>
    internal const byte Poison = 0xDD;

    internal SimulatedMemory(long bytes)
    {
        Bytes = Math.Max(1, (bytes + DirtyPage.PageBytes - 1) / DirtyPage.PageBytes) * DirtyPage.PageBytes;
        ReservedBytes = 2 * Bytes;
        Pointer = (byte*)NativeMemory.AlignedAlloc((nuint)ReservedBytes, DirtyPage.PageBytes);
        NativeMemory.Clear(Pointer, (nuint)Bytes);
    }

    internal byte* Pointer { get; private set; }

    internal long Bytes { get; }

    /// <summary>What lies behind <see cref="Bytes"/> is not zero. A file can grow into it without moving, as it must
    /// while it is mapped.</summary>
    internal long ReservedBytes { get; }

    internal Span<byte> Span(long offset, long length) => new(Pointer + offset, checked((int)length));

    internal void FillWithPoison() => NativeMemory.Fill(Pointer, (nuint)ReservedBytes, Poison);

    internal void Free()
    {
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
    }
}
