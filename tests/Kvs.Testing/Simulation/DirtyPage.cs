namespace Kvs.Testing;

/// <summary>A page of a file whose bytes differ between memory and disk.</summary>
/// <param name="Path">The file's full path.</param>
/// <param name="Page">The page's number in the file, from 0.</param>
public readonly record struct DirtyPage(string Path, long Page)
{
    /// <summary>What the kernel writes back as a whole, in bytes.</summary>
    public const int PageBytes = 4096;

    /// <summary>What a disk writes as a whole, in bytes.</summary>
    public const int SectorBytes = 512;

    /// <summary>Whether a sector, counted in the file from 0, is part of this page.</summary>
    public bool Contains(string path, long sector) =>
        path == Path && sector / (PageBytes / SectorBytes) == Page;
}
