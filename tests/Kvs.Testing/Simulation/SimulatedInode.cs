namespace Kvs.Testing;

/// <summary>
/// A file's bytes twice: as processes see them (in native memory, which a mapping hands out), and as they are on
/// disk. What differs is dirty. Every member is called with the file system's gate held; stores through a mapping
/// come at any time.
/// </summary>
internal sealed class SimulatedInode
{
    /// <summary>Pages whose sync failed: dirty no more, though disk and memory differ, until they are written again.
    /// </summary>
    private readonly Dictionary<long, byte[]> _lostPages;

    private SimulatedMemory _memory;
    private byte[] _durable;
    private long _mappedBytes;

    internal SimulatedInode(string path) : this(path, [], [], [])
    {
    }

    private SimulatedInode(string path, ReadOnlySpan<byte> bytes, byte[] durable, Dictionary<long, byte[]> lostPages)
    {
        Path = path;
        Length = bytes.Length;
        _memory = new SimulatedMemory(bytes.Length);
        bytes.CopyTo(_memory.Span(0, bytes.Length));
        _durable = durable;
        _lostPages = lostPages;
    }

    /// <summary>The present full path, or the last one.</summary>
    internal string Path { get; set; }

    internal long Length { get; private set; }

    internal int Handles { get; set; }

    /// <summary>Where the bytes are now; to be freed once nobody can ask for them.</summary>
    internal SimulatedMemory Memory => _memory;

    internal int Mappings { get; private set; }

    internal ReadOnlySpan<byte> Bytes => _memory.Span(0, Length);

    internal ReadOnlySpan<byte> DurableBytes => _durable;

    /// <summary>The file after the death of the process: what is dirty stays dirty.</summary>
    internal SimulatedInode Copy() => new(Path, Bytes, [.. _durable], new Dictionary<long, byte[]>(_lostPages));

    /// <summary>The file after a power cut.</summary>
    internal SimulatedInode CopyAfter(PowerCut cut)
    {
        byte[] present = Bytes.ToArray();
        bool keepsLength = present.Length != _durable.Length && cut.KeepsLength(Path);
        byte[] left = new byte[keepsLength ? present.Length : _durable.Length];
        _durable.AsSpan(0, Math.Min(left.Length, _durable.Length)).CopyTo(left);
        int end = Math.Min(left.Length, present.Length);
        foreach (long page in DirtyPages(present))
        {
            int pageEnd = (int)Math.Min(end, (page + 1) * DirtyPage.PageBytes);
            for (int at = (int)page * DirtyPage.PageBytes; at < pageEnd; at += DirtyPage.SectorBytes)
            {
                int bytes = Math.Min(DirtyPage.SectorBytes, pageEnd - at);
                ReadOnlySpan<byte> sector = present.AsSpan(at, bytes);
                if (!sector.SequenceEqual(left.AsSpan(at, bytes)) &&
                    cut.KeepsSector(Path, at / DirtyPage.SectorBytes))
                {
                    sector.CopyTo(left.AsSpan(at));
                }
            }
        }

        return new SimulatedInode(Path, left, [.. left], []);
    }

    /// <summary>The pages that the next sync would write.</summary>
    internal List<long> DirtyPages() => DirtyPages(Bytes);

    /// <summary>The sectors of those pages that are not on disk as they are here.</summary>
    internal List<long> DirtySectors()
    {
        const int SectorsOfPage = DirtyPage.PageBytes / DirtyPage.SectorBytes;
        var sectors = new List<long>();
        foreach (long page in DirtyPages())
        {
            for (long sector = page * SectorsOfPage; sector < (page + 1) * SectorsOfPage; sector++)
            {
                ReadOnlySpan<byte> here = SectorOf(Bytes, sector);
                ReadOnlySpan<byte> there = SectorOf(_durable, sector);
                bool isSame = here[..Math.Min(here.Length, there.Length)].SequenceEqual(
                    there[..Math.Min(here.Length, there.Length)]);
                if (!isSame || (here.Length > there.Length && here[there.Length..].ContainsAnyExcept((byte)0)))
                {
                    sectors.Add(sector);
                }
            }
        }

        return sectors;
    }

    /// <summary>Makes all bytes and the length durable.</summary>
    internal void Sync()
    {
        byte[] old = _durable;
        if (_lostPages.Count == 0)
        {
            if (old.Length != Length)
            {
                _durable = new byte[Length];
            }

            Bytes.CopyTo(_durable);
            return;
        }

        // Pages that an earlier sync lost are clean: only those that changed since are written.
        List<long> dirty = DirtyPages();
        Array.Resize(ref _durable, (int)Length);
        dirty.ForEach(WriteBack);
    }

    /// <summary>A sync that fails: nothing more reaches the disk, and the kernel forgets that it had to.</summary>
    internal void LoseDirtyPages()
    {
        foreach (long page in DirtyPages())
        {
            _lostPages[page] = PageOf(Bytes, page).ToArray();
        }
    }

    /// <summary>Pages that a failed sync lost are stored again, and so dirty again.</summary>
    internal void MarkDirty(long offset, long length)
    {
        for (long page = offset / DirtyPage.PageBytes; page * DirtyPage.PageBytes < offset + length; page++)
        {
            _lostPages.Remove(page);
        }
    }

    /// <summary>Writes one page to disk, as the kernel does now and then by itself; not beyond the length there.
    /// </summary>
    internal void WriteBack(long page)
    {
        ReadOnlySpan<byte> bytes = PageOf(Bytes, page);
        Span<byte> durable = PageOf(_durable.AsSpan(), page);
        bytes[..Math.Min(bytes.Length, durable.Length)].CopyTo(durable);
        _lostPages.Remove(page);
    }

    internal void SetLength(long length)
    {
        if (length < Length)
        {
            _memory.Span(length, Length - length).Clear();

            // Using a mapping beyond the page in which the file ends would be SIGBUS; here it is poison.
            long pagesEnd = (length + DirtyPage.PageBytes - 1) / DirtyPage.PageBytes * DirtyPage.PageBytes;
            if (pagesEnd < _mappedBytes)
            {
                _memory.Span(pagesEnd, _mappedBytes - pagesEnd).Fill(SimulatedMemory.Poison);
            }
        }
        else
        {
            EnsureMemory(length);
            _memory.Span(Length, length - Length).Clear();
        }

        Length = length;
    }

    /// <summary>Stores bytes within the file's length.</summary>
    internal void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        if (offset + bytes.Length > Length)
        {
            throw new InvalidOperationException(
                $"{bytes.Length} bytes are written at {offset} of {Path}, which was not made longer than {Length}.");
        }

        bytes.CopyTo(_memory.Span(offset, bytes.Length));
        MarkDirty(offset, bytes.Length);
    }

    /// <summary>Gives the file these bytes, in memory and on disk.</summary>
    internal void Replace(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
        {
            SetLength(bytes.Length);
        }

        bytes.CopyTo(_memory.Span(0, Length));
        _durable = bytes.ToArray();
        _lostPages.Clear();
    }

    internal void FlipBit(long offset, int bit)
    {
        _memory.Span(0, Length)[(int)offset] ^= (byte)(1 << bit);
        if (offset < _durable.Length)
        {
            _durable[offset] ^= (byte)(1 << bit);
        }
    }

    internal unsafe byte* Map(long length)
    {
        if (length > Length)
        {
            throw new InvalidOperationException(
                $"{length} bytes of {Path} are mapped, which has {Length}: using the rest would be SIGBUS.");
        }

        Mappings++;
        _mappedBytes = Math.Max(_mappedBytes, length);
        return _memory.Pointer;
    }

    /// <summary>Ends a mapping. After the last, the file lives elsewhere, so that stores which come too late are
    /// lost; returned is the memory that they would hit.</summary>
    internal SimulatedMemory? Unmap()
    {
        if (--Mappings > 0)
        {
            return null;
        }

        _mappedBytes = 0;
        SimulatedMemory old = _memory;
        Move(Length);
        old.FillWithPoison();
        return old;
    }

    private static Span<byte> PageOf(Span<byte> bytes, long page)
    {
        int start = (int)Math.Min(bytes.Length, page * DirtyPage.PageBytes);
        return bytes[start..Math.Min(bytes.Length, start + DirtyPage.PageBytes)];
    }

    private static ReadOnlySpan<byte> PageOf(ReadOnlySpan<byte> bytes, long page)
    {
        int start = (int)Math.Min(bytes.Length, page * DirtyPage.PageBytes);
        return bytes[start..Math.Min(bytes.Length, start + DirtyPage.PageBytes)];
    }

    private static ReadOnlySpan<byte> SectorOf(ReadOnlySpan<byte> bytes, long sector)
    {
        int start = (int)Math.Min(bytes.Length, sector * DirtyPage.SectorBytes);
        return bytes[start..Math.Min(bytes.Length, start + DirtyPage.SectorBytes)];
    }

    private List<long> DirtyPages(ReadOnlySpan<byte> present)
    {
        var dirty = new List<long>();
        for (long page = 0; page * DirtyPage.PageBytes < present.Length; page++)
        {
            ReadOnlySpan<byte> bytes = PageOf(present, page);
            ReadOnlySpan<byte> durable = PageOf((ReadOnlySpan<byte>)_durable, page);
            int common = Math.Min(bytes.Length, durable.Length);

            // What the disk does not have yet of a longer file is zero there.
            bool isClean =
                bytes[..common].SequenceEqual(durable[..common]) && !bytes[common..].ContainsAnyExcept((byte)0);
            if (!isClean && !(_lostPages.TryGetValue(page, out byte[]? lost) && bytes.SequenceEqual(lost)))
            {
                dirty.Add(page);
            }
        }

        return dirty;
    }

    private void EnsureMemory(long bytes)
    {
        if (bytes <= (Mappings > 0 ? _memory.ReservedBytes : _memory.Bytes))
        {
            return;
        }

        if (Mappings > 0)
        {
            throw new InvalidOperationException($"{Path} grows a lot while it is mapped, which is not simulated.");
        }

        SimulatedMemory old = _memory;
        Move(bytes);
        old.Free();
    }

    private void Move(long bytes)
    {
        var memory = new SimulatedMemory(bytes);
        Bytes.CopyTo(memory.Span(0, Length));
        _memory = memory;
    }
}
