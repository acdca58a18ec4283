namespace Kvs.Admin;

/// <summary>
/// Work on the folder of a store that nobody has open: what <c>kvs-admin</c> does. Reading a folder changes nothing in
/// it, not even a time, and works on a file system that cannot be written to.
/// </summary>
/// <remarks>
/// Everything here refuses a folder that a process has open, naming the process, and keeps others from opening it
/// meanwhile. A store that is in use backs itself up: <see cref="KvStore.Backup"/>.
/// </remarks>
public static class KvStoreFiles
{
    /// <summary>Reads all of a folder, compares every checksum, and says of a store that was not closed what opening
    /// would recover or drop. Goes on behind damage.</summary>
    /// <exception cref="KvsFolderException">The folder is not a store's, or is in use.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static VerifyReport Verify(string folder, AdminOptions? options = null) =>
        Verification.Run(folder, options ?? new AdminOptions());

    /// <summary>Copies a store to another folder, durably, and verifies the copy. What opening would recover of a store
    /// that was not closed is recovered in the copy, so that it opens on any machine with all of it.</summary>
    /// <param name="folder">The store's folder.</param>
    /// <param name="target">A folder that is new or empty. Until the backup is complete and on disk, no store can be
    /// opened there; when it fails, what was written is taken away.</param>
    /// <param name="options">How it is done.</param>
    /// <exception cref="KvsFolderException">One of the folders cannot be used, or is in use.</exception>
    /// <exception cref="KvsDamageException">The store is damaged: see <see cref="Salvage"/>.</exception>
    /// <exception cref="IOException">The backup could not be written.</exception>
    public static BackupReport Backup(string folder, string target, AdminOptions? options = null) =>
        ClosedBackup.Run(folder, target, options ?? new AdminOptions());

    /// <summary>Wins back all garbage of a store: opens it, compacts it, and closes it.</summary>
    /// <exception cref="KvsFolderException">The folder is not a store's, or is in use.</exception>
    /// <exception cref="KvsDamageException">The store is damaged; nothing was changed.</exception>
    /// <exception cref="KvsWriteException">It could not be done, for example because the disk is full; nothing is lost.
    /// </exception>
    public static CompactReport Compact(string folder, AdminOptions? options = null) =>
        FolderCompaction.Run(folder, options ?? new AdminOptions());

    /// <summary>Makes a new store of all that is sound in a damaged one. Of each key the latest sound value is saved,
    /// and keys stay removed and expired as far as that can be known; the report says of which keys something later is
    /// lost. Versions begin anew.</summary>
    /// <param name="folder">The damaged folder, which stays as it is. Its file <c>engine</c> must be sound.</param>
    /// <param name="target">A folder that is new or empty, for the new store. Left empty when this fails.</param>
    /// <param name="options">How it is done.</param>
    /// <exception cref="KvsFolderException">One of the folders cannot be used, or is in use.</exception>
    /// <exception cref="KvsWriteException">The new store could not be written.</exception>
    public static SalvageReport Salvage(string folder, string target, AdminOptions? options = null) =>
        Admin.Salvage.Run(folder, target, options ?? new AdminOptions());

    /// <summary>Writes what stands in a store's files, a line for each thing and where it is. Goes on behind damage as
    /// far as one thing says where the next begins.</summary>
    /// <param name="folder">The store's folder.</param>
    /// <param name="output">Where the lines go.</param>
    /// <param name="segment">The number of the only segment to be written; null for all.</param>
    /// <param name="isFull">Whether long keys and values are written in full.</param>
    /// <param name="options">How it is done.</param>
    /// <returns>How many damaged places were met; each has a line of its own.</returns>
    /// <exception cref="KvsFolderException">The folder is not a store's, or is in use, or has no such segment.
    /// </exception>
    public static int Dump(string folder, TextWriter output, ulong? segment = null, bool isFull = false,
        AdminOptions? options = null) =>
        new FolderDump(output, isFull).Run(folder, segment, options ?? new AdminOptions());
}
