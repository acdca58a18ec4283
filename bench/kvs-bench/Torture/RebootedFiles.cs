using Kvs.Files;

namespace Kvs.Bench.Torture;

/// <summary>The operating system's files in a boot of the machine that is made up: when a disk loses what was not
/// synced and the machine goes on, only this says that it was a power cut. Has no state; any thread may call it.
/// </summary>
internal sealed class RebootedFiles(string boot) : IFileSystem
{
    private readonly OperatingSystemFiles _files = OperatingSystemFiles.Instance;

    public string BootId => boot;

    public PathKind GetKind(string path) => _files.GetKind(path);

    public void CreateDirectory(string path) => _files.CreateDirectory(path);

    public IReadOnlyList<string> List(string directory) => _files.List(directory);

    public IFile Create(string path) => _files.Create(path);

    public IFile Open(string path, bool writable) => _files.Open(path, writable);

    public void Rename(string from, string to) => _files.Rename(from, to);

    public void Unlink(string path) => _files.Unlink(path);

    public void SyncDirectory(string path) => _files.SyncDirectory(path);

    public IDisposable Lock(string path) => _files.Lock(path);

    public IDisposable? TryLockForReading(string path) => _files.TryLockForReading(path);
}
