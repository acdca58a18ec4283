using Kvs.Files;
using Kvs.Folder;

namespace Kvs.Log;

/// <summary>Opens the file of a segment: maps it, and looks whether it is the one that it should be.</summary>
internal static unsafe class SegmentFile
{
    /// <summary>Opens a segment whose header must be sound.</summary>
    /// <param name="files">Where the file lives.</param>
    /// <param name="folder">The store's folder.</param>
    /// <param name="id">The segment's number.</param>
    /// <param name="secret">What makes the store's bytes its own.</param>
    /// <param name="isWritable">Whether it will be changed.</param>
    /// <param name="table">Where it is entered; null for nowhere.</param>
    /// <param name="lanes">How many lanes count garbage in it.</param>
    /// <exception cref="KvsDamageException">The file is not a segment's, or another's.</exception>
    internal static Segment Open(IFileSystem files, string folder, ulong id, in LogSecret secret, bool isWritable,
        SegmentTable? table = null, int lanes = 1)
    {
        string path = Path.Combine(folder, FolderNames.Segment(id));
        IFile file = files.Open(path, isWritable);
        try
        {
            byte* start = Map(file, path, out long length);
            if (FindFault(start, length, id, secret, out SegmentHeader header) is { } wrong)
            {
                throw new KvsDamageException(path, 0, wrong);
            }

            var segment = new Segment(file, path, start, header, secret.SaltOf(id), table?.TakeSlot() ?? -1, lanes)
            {
                Length = (uint)length,
            };
            table?.Put(segment);
            return segment;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens a segment of which anything may be damaged, for reading; where its header is, with one that says
    /// what the file's name and length do.</summary>
    /// <param name="files">Where the file lives.</param>
    /// <param name="folder">The store's folder.</param>
    /// <param name="id">The segment's number.</param>
    /// <param name="secret">What makes the store's bytes its own.</param>
    /// <param name="wrong">What is wrong with the header; null when it is sound.</param>
    /// <exception cref="KvsDamageException">No segment has the length of the file.</exception>
    internal static Segment OpenDamaged(IFileSystem files, string folder, ulong id, in LogSecret secret,
        out string? wrong)
    {
        string path = Path.Combine(folder, FolderNames.Segment(id));
        IFile file = files.Open(path, writable: false);
        try
        {
            byte* start = Map(file, path, out long length);
            wrong = FindFault(start, length, id, secret, out SegmentHeader header);
            if (wrong is not null)
            {
                header = new SegmentHeader(id, secret.StoreId, Session: 0, (ulong)length, ChunkBytes: 0);
            }

            return new Segment(file, path, start, header, secret.SaltOf(id), slot: -1, lanes: 1)
            {
                Length = (uint)length,
            };
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static byte* Map(IFile file, string path, out long length)
    {
        length = file.Length;
        return length is >= SegmentHeader.Bytes and <= uint.MaxValue
            ? file.Map(length)
            : throw new KvsDamageException(path, 0, $"the file has {length} bytes, which no segment has");
    }

    private static string? FindFault(byte* start, long length, ulong id, in LogSecret secret,
        out SegmentHeader header)
    {
        string? wrong = SegmentHeader.TryRead(start, secret.SaltOf(id), out header);
        if (wrong is null && (header.Id != id || header.StoreId != secret.StoreId))
        {
            wrong = $"the file is segment {header.Id} of store {header.StoreId:x16}";
        }

        if (wrong is null && (ulong)length > Footer.MostFileBytes(header.Capacity))
        {
            wrong = $"the file has {length} bytes, and its header says {header.Capacity}";
        }

        return wrong;
    }
}
