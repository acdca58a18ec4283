using System.Runtime.InteropServices;

namespace Kvs.Files;

/// <summary>
/// One open file. Thread-safe as far as the kernel is; <see cref="Map"/>, <see cref="Unmap"/> and
/// <see cref="Dispose"/> are called by one thread, when nobody looks at the mapping any more.
/// </summary>
internal sealed unsafe class OperatingSystemFile : IFile
{
    private const int SeekEnd = 2;
    private const int ZeroBlockBytes = 1024 * 1024;

    private readonly bool _writable;
    private int _descriptor;
    private byte* _map;
    private nint _mapBytes;

    internal OperatingSystemFile(string path, int descriptor, bool writable)
    {
        Path = path;
        _descriptor = descriptor;
        _writable = writable;
    }

    public string Path { get; }

    public long Length
    {
        get
        {
            long length = LinuxCalls.Seek(_descriptor, 0, SeekEnd);
            return length >= 0 ? length : throw Failure("find the length of");
        }
    }

    public void Allocate(long length)
    {
        long before = Length;
        int error = TryAllocate(length);
        if (error == LinuxCalls.ErrorNotSupported)
        {
            error = TryWriteZeros(before, length);
        }

        if (error != 0)
        {
            Truncate(before);
            throw OperatingSystemFiles.Failure($"allocate {length} bytes for", Path, error);
        }
    }

    public void Truncate(long length)
    {
        if (LinuxCalls.Truncate(_descriptor, length) != 0)
        {
            throw Failure($"cut to {length} bytes");
        }
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            int error = TryWrite(offset, start, bytes.Length);
            if (error != 0)
            {
                throw OperatingSystemFiles.Failure($"write {bytes.Length} bytes to", Path, error);
            }
        }
    }

    public byte* Map(long length)
    {
        if (_map != null)
        {
            throw new InvalidOperationException($"{Path} is mapped already.");
        }

        int protection = LinuxCalls.ProtectRead | (_writable ? LinuxCalls.ProtectWrite : 0);
        byte* map = LinuxCalls.Map(null, (nint)length, protection, LinuxCalls.MapShared, _descriptor, 0);
        if (map == LinuxCalls.MapFailed)
        {
            throw Failure($"map {length} bytes of");
        }

        _map = map;
        _mapBytes = (nint)length;
        return map;
    }

    public void Unmap()
    {
        byte* map = _map;
        _map = null;
        if (map != null && LinuxCalls.Unmap(map, _mapBytes) != 0)
        {
            throw Failure("unmap");
        }
    }

    public void Populate(long offset, long length)
    {
        // Kernels before 5.14 do not know this advice; the stores then take their page faults themselves.
        long pageStart = offset & ~(Environment.SystemPageSize - 1L);
        _ = LinuxCalls.Advise(_map + pageStart, (nint)(offset + length - pageStart), LinuxCalls.AdvisePopulateWrite);
    }

    public void StopWriting(long offset, long length)
    {
        // On a shared mapping of a file, this only forgets the page tables' entries, all at once. A sync would have to
        // make each page read-only by itself, and interrupt every processor that runs a thread of ours for each.
        _ = LinuxCalls.Advise(_map + offset, (nint)length, LinuxCalls.AdviseDontNeed);
    }

    public void MarkDirty(long offset, long length)
    {
        // A store of what is there already is a store all the same.
        long page = Environment.SystemPageSize;
        for (byte* at = _map + (offset / page * page); at < _map + offset + length; at += page)
        {
            Volatile.Write(ref *at, Volatile.Read(ref *at));
        }
    }

    public void Sync()
    {
        if (LinuxCalls.SyncData(_descriptor) != 0)
        {
            throw Failure("sync");
        }
    }

    public void Dispose()
    {
        int descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor >= 0)
        {
            Unmap();
            OperatingSystemFiles.Close(descriptor);
        }
    }

    private int TryAllocate(long length)
    {
        while (LinuxCalls.Allocate(_descriptor, 0, 0, length) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error != LinuxCalls.ErrorInterrupted)
            {
                return error;
            }
        }

        return 0;
    }

    /// <summary>For file systems without fallocate: zeros, written, take the room as well.</summary>
    private int TryWriteZeros(long from, long to)
    {
        byte[] zeros = new byte[ZeroBlockBytes];
        fixed (byte* bytes = zeros)
        {
            int error = 0;
            for (; from < to && error == 0; from += zeros.Length)
            {
                error = TryWrite(from, bytes, (nint)Math.Min(zeros.Length, to - from));
            }

            return error;
        }
    }

    /// <summary>A write may be cut short, by a signal for example: goes on until all is written.</summary>
    private int TryWrite(long offset, byte* bytes, nint count)
    {
        while (count > 0)
        {
            nint written = LinuxCalls.Write(_descriptor, bytes, count, offset);
            int error = written < 0 ? Marshal.GetLastPInvokeError() : 0;
            if (error != 0 && error != LinuxCalls.ErrorInterrupted)
            {
                return error;
            }

            written = Math.Max(0, written);
            bytes += written;
            offset += written;
            count -= written;
        }

        return 0;
    }

    private Exception Failure(string verb) =>
        OperatingSystemFiles.Failure(verb, Path, Marshal.GetLastPInvokeError());
}
