using Kvs.Admin;

namespace Kvs;

/// <content>Backups of a store that is in use.</content>
public sealed unsafe partial class KvStore
{
    /// <summary>
    /// Writes a backup: a folder that opens as a store, and holds everything up to one moment. Every write that ended
    /// before the call is in it; of those made meanwhile, all up to some moment and none after it, so that no thread's
    /// writes have a hole; each batch as a whole or not at all. Reads, writes and compaction go on.
    /// </summary>
    /// <param name="path">A folder that is new or empty. Until the backup is complete and on disk, no store can be
    /// opened there; when it fails, what was written is taken away.</param>
    /// <returns>What is in it. All of it was read again and verified.</returns>
    /// <exception cref="KvsFolderException">The folder holds something, or cannot be used.</exception>
    /// <exception cref="KvsDamageException">The store is damaged; the error names file and offset.</exception>
    /// <exception cref="KvsWriteException">What was written before could not be made durable.</exception>
    /// <exception cref="IOException">The backup could not be written, for example because the disk is full.</exception>
    public BackupReport Backup(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _gate.ThrowIfInside();
        return _backup.Run(path, Flush);
    }

    /// <summary>Segments that compaction found to be damaged, and left as they are.</summary>
    internal IReadOnlyList<string> DamagedFiles =>
        [.. _segments.ToList().Where(segment => segment.IsDamaged).Select(segment => segment.Path)];
}
