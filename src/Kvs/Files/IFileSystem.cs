namespace Kvs.Files;

/// <summary>
/// The seam between the engine and the operating system: every file access of the engine goes through it. Nothing
/// above it depends on a platform, and tests put a file system here that crashes, lies and fails on demand.
/// </summary>
/// <remarks>
/// All members may be called from any thread. Every failure is an <see cref="IOException"/> or an
/// <see cref="UnauthorizedAccessException"/> that names the path; nothing fails silently. A change to a folder
/// (create, rename, unlink) survives a power cut only after <see cref="SyncDirectory"/> of that folder; a change to
/// a file's bytes only after <see cref="IFile.Sync"/>.
/// </remarks>
public interface IFileSystem
{
    /// <summary>
    /// Names the present boot of the machine; another value after each restart. Two equal values mean that
    /// everything written between them is still in the kernel's hands.
    /// </summary>
    string BootId { get; }

    /// <summary>What stands at <paramref name="path"/>.</summary>
    PathKind GetKind(string path);

    /// <summary>Creates a folder that only its owner may enter (0700), parents included, durably.</summary>
    void CreateDirectory(string path);

    /// <summary>The names (not paths) of all entries of a folder, in no order.</summary>
    IReadOnlyList<string> List(string directory);

    /// <summary>Creates a file that only its owner may read (0600), empty, for reading and writing; an error when it
    /// exists.</summary>
    IFile Create(string path);

    /// <summary>Opens an existing file for reading, and for writing where <paramref name="writable"/>.</summary>
    IFile Open(string path, bool writable);

    /// <summary>Gives a file another name in the same folder, in place of what stands there.</summary>
    void Rename(string from, string to);

    /// <summary>Removes a file's name.</summary>
    void Unlink(string path);

    /// <summary>Makes the folder's entries durable.</summary>
    void SyncDirectory(string path);

    /// <summary>
    /// Takes the lock that one process at a time can hold, creating its file when missing; freed by disposing what
    /// is returned and by the death of the process. The file is never removed.
    /// </summary>
    /// <exception cref="FileLockedException">Another holds the lock.</exception>
    IDisposable Lock(string path);

    /// <summary>
    /// Takes the lock for reading: any number can hold it so at a time, and nobody who called <see cref="Lock"/>.
    /// Changes nothing, and works where nothing can be changed; null when there is no file of this name.
    /// </summary>
    /// <exception cref="FileLockedException">Another holds the lock, and not for reading.</exception>
    IDisposable? TryLockForReading(string path);
}

/// <summary>What stands at a path.</summary>
public enum PathKind
{
    /// <summary>Nothing.</summary>
    Missing,

    /// <summary>A file.</summary>
    File,

    /// <summary>A folder.</summary>
    Directory,
}
