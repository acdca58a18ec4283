namespace Kvs.Admin;

/// <summary>
/// Work on the folder of a store that nobody has open: what <c>kvs-admin</c> does. Reading a folder changes nothing in
/// it, not even a time, and works on a file system that cannot be written to.
/// </summary>
/// <remarks>
/// Everything here refuses a folder that a process has open, naming the process, and keeps others from opening it
/// meanwhile. A store that is in use backs itself up: <c>KvStore.Backup</c>.
/// </remarks>
public static class KvStoreFiles
{
    /// <summary>Reads all of a folder, compares every checksum, and says of a store that was not closed what opening
    /// would recover or drop. Goes on behind damage.</summary>
    /// <exception cref="KvsFolderException">The folder is not a store's, or is in use.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static VerifyReport Verify(string folder, AdminOptions? options = null) =>
        Verification.Run(folder, options ?? new AdminOptions());
}
