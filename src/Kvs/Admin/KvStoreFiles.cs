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
    /// <exception cref="KvsDamageException">The store is damaged: see <c>Salvage</c>.</exception>
    /// <exception cref="IOException">The backup could not be written.</exception>
    public static BackupReport Backup(string folder, string target, AdminOptions? options = null) =>
        ClosedBackup.Run(folder, target, options ?? new AdminOptions());
}
