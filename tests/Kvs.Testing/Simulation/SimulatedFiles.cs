using Kvs.Files;

namespace Kvs.Testing;

/// <summary>
/// A file system in memory that crashes and fails on demand. It keeps what processes see and what is on disk apart:
/// a file's bytes and length get there by <see cref="IFile.Sync"/>, a folder's entries by
/// <see cref="SyncDirectory"/>, folders themselves at once. A crash makes another file system of it, and leaves this
/// one as it is, so that threads of the store that crashed do no harm and one moment can be crashed in many ways.
/// </summary>
/// <remarks>
/// Any thread may call any member at any time.
/// 1. Everything but the memory of mappings is guarded by <see cref="_gate"/>; a sync or a crash holds it all the
///    while, so no sync is half done in a crash.
/// 2. Stores through mappings take no gate. Those that happened before a sync or a crash are part of it; those made
///    during a sync or a power cut may be or not, each by itself, whatever their order: stop the writers where that
///    matters. The death of a process is one instant, unless writers never pause.
/// 3. Mapped memory stays allocated until the file system is disposed, and where the mapping has ended, for a while.
/// </remarks>
public sealed class SimulatedFiles : IFileSystem, IDisposable
{
    private const int Exists = 17;

    private readonly Lock _gate = new();
    private readonly OperationLog _log = new();
    private readonly HashSet<string> _locks = [];
    private readonly List<string> _readingLocks = [];
    private readonly SimulatedTree _tree;
    private readonly int _boot;
    private bool _isDisposed;

    /// <summary>Makes a file system that holds nothing but the root folder.</summary>
    public SimulatedFiles() : this(new SimulatedTree(), boot: 1)
    {
    }

    private SimulatedFiles(SimulatedTree tree, int boot)
    {
        _tree = tree;
        _boot = boot;
        BootId = $"boot-{boot}";
    }

    /// <summary>Another value after each power cut; may be set to anything.</summary>
    public string BootId { get; set; }

    /// <summary>How many bytes all files together may have; <see cref="IFile.Allocate"/> beyond fails with "No space
    /// left on device".</summary>
    public long CapacityBytes { get; set; } = long.MaxValue;

    /// <summary>Called before each operation that can fail, on the thread that makes it, with no lock held: the
    /// place to make a crash image, to wait, or to let another thread go first.</summary>
    public Action<SimulatedOperation>? BeforeOperation { get; set; }

    /// <summary>All operations so far, in the order in which they took place.</summary>
    public IReadOnlyList<SimulatedOperation> Log => Look(_log.ToList);

    /// <inheritdoc/>
    public PathKind GetKind(string path) => Look(() =>
    {
        string full = Normalize(path);
        return _tree.Folders.ContainsKey(full) ? PathKind.Directory
            : _tree.FindFile(full) is null ? PathKind.Missing : PathKind.File;
    });

    /// <inheritdoc/>
    public void CreateDirectory(string path) => Execute(FileOperation.CreateDirectory, path, operation =>
    {
        if (!_tree.TryCreateFolder(operation.Path))
        {
            throw OperatingSystemFiles.Failure("create the folder", path, Exists);
        }
    });

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string directory)
    {
        List<string> names = [];
        Execute(FileOperation.List, directory, operation => names = _tree.List(operation.Path));
        return names;
    }

    /// <inheritdoc/>
    public IFile Create(string path)
    {
        IFile? file = null;
        Execute(FileOperation.Create, path, operation =>
        {
            if (_tree.Folders.ContainsKey(operation.Path) || _tree.FindFile(operation.Path) is not null)
            {
                throw OperatingSystemFiles.Failure("create", path, Exists);
            }

            file = NewHandle(_tree.CreateFile(operation), path, writable: true);
        });
        return file!;
    }

    /// <inheritdoc/>
    public IFile Open(string path, bool writable)
    {
        IFile? file = null;
        Execute(FileOperation.Open, path, operation =>
            file = NewHandle(_tree.GetFile(operation.Path, "open"), path, writable));
        return file!;
    }

    /// <inheritdoc/>
    public void Rename(string from, string to)
    {
        string fullTo = Normalize(to);
        if (Path.GetDirectoryName(fullTo) != Path.GetDirectoryName(Normalize(from)))
        {
            throw new ArgumentException($"{to} is not in the folder of {from}.", nameof(to));
        }

        Execute(new SimulatedOperation(FileOperation.Rename, Normalize(from), fullTo), operation =>
        {
            SimulatedInode inode = _tree.GetFile(operation.Path, "rename");
            var change = new FolderChange(FileOperation.Rename, operation.Path, fullTo, operation.Number);
            _tree.GetParent(operation.Path, "rename").Change(change, inode);
        });
    }

    /// <inheritdoc/>
    public void Unlink(string path) => Execute(FileOperation.Unlink, path, operation =>
    {
        SimulatedInode inode = _tree.GetFile(operation.Path, "remove");
        var change = new FolderChange(FileOperation.Unlink, operation.Path, null, operation.Number);
        _tree.GetParent(operation.Path, "remove").Change(change, inode);
    });

    /// <inheritdoc/>
    public void SyncDirectory(string path) => Execute(FileOperation.SyncDirectory, path, operation =>
    {
        _tree.GetFolder(operation.Path, "sync the folder").Sync();
        _tree.ReleaseUnused();
    });

    /// <inheritdoc/>
    public IDisposable Lock(string path)
    {
        string full = Normalize(path);
        Execute(FileOperation.Lock, path, operation =>
        {
            if (_tree.FindFile(full) is null)
            {
                _tree.CreateFile(operation);
            }

            if (_readingLocks.Contains(full) || !_locks.Add(full))
            {
                throw new FileLockedException(path, "process 1 (simulated)");
            }
        });
        return new HeldLock(() => Unlock(_locks, full));
    }

    /// <inheritdoc/>
    public IDisposable? TryLockForReading(string path)
    {
        string full = Normalize(path);
        bool isThere = false;
        Execute(FileOperation.Lock, path, operation =>
        {
            isThere = _tree.FindFile(full) is not null;
            if (_locks.Contains(full))
            {
                throw new FileLockedException(path, "process 1 (simulated)");
            }

            if (isThere)
            {
                _readingLocks.Add(full);
            }
        });
        return isThere ? new HeldLock(() => Unlock(_readingLocks, full)) : null;
    }

    /// <summary>
    /// The file system after the death of the process: the same boot, everything written is there, what was dirty
    /// still is, no locks are held, and no faults are waiting. This one goes on unchanged.
    /// </summary>
    public SimulatedFiles CrashProcess() => Look(() =>
        new SimulatedFiles(_tree.Copy(), _boot) { BootId = BootId, CapacityBytes = CapacityBytes });

    /// <summary>
    /// The file system after a power cut and the next boot: what was synced is there, and of the rest what
    /// <paramref name="cut"/> decides. This one goes on unchanged.
    /// </summary>
    public SimulatedFiles CrashPower(PowerCut cut) => Look(() =>
        new SimulatedFiles(_tree.CopyAfter(cut), _boot + 1) { CapacityBytes = CapacityBytes });

    /// <summary>Writes some dirty pages to disk, as the kernel does by itself at any time: each or not, as
    /// <paramref name="seed"/> decides. Lengths and folder entries stay as they are.</summary>
    public void WriteBackSome(int seed) => Look(() =>
    {
        var random = new Random(seed);
        foreach (SimulatedInode inode in _tree.Files)
        {
            inode.DirtyPages().Where(_ => random.Next(2) == 0).ToList().ForEach(inode.WriteBack);
        }

        return true;
    });

    /// <summary>All files, by path: those that processes see, and those that a power cut would bring back.</summary>
    public IReadOnlyList<SimulatedFileState> Snapshot() => Look(_tree.Snapshot);

    /// <summary>The pages that a power cut may take, of all files that processes see.</summary>
    public IReadOnlyList<DirtyPage> DirtyPages() => Look<IReadOnlyList<DirtyPage>>(() =>
        [.. _tree.Files.SelectMany(inode => inode.DirtyPages().Select(page => new DirtyPage(inode.Path, page)))]);

    /// <summary>Everything that a power cut may keep or take, each by itself.</summary>
    public IReadOnlyList<UnsyncedChange> UnsyncedChanges() => Look(_tree.UnsyncedChanges);

    /// <summary>A file's bytes, as processes see them.</summary>
    public byte[] ReadAll(string path) => Look(() => _tree.GetFile(Normalize(path), "read").Bytes.ToArray());

    /// <summary>Gives a file these bytes, durable from the start; makes it, and its folder, when missing. The length
    /// of a mapped file cannot change.</summary>
    public void WriteAll(string path, ReadOnlySpan<byte> bytes)
    {
        string full = Normalize(path);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _tree.TryCreateFolder(Path.GetDirectoryName(full)!);
            _tree.Put(full, bytes);
        }
    }

    /// <summary>Turns one bit of a file over, in memory and on disk; mappings see it.</summary>
    public void FlipBit(string path, long offset, int bit) => Look(() =>
    {
        _tree.GetFile(Normalize(path), "damage").FlipBit(offset, bit);
        return true;
    });

    /// <summary>Makes operations fail. Faults are tried in the order in which they were injected.</summary>
    public void Inject(SimulatedFault fault) => Look(() =>
    {
        _log.Inject(fault);
        return true;
    });

    /// <summary>Makes the <paramref name="nth"/> sync from now, of files whose full path matches, fail once.</summary>
    public void FailSync(
        int nth = 1, Func<string, bool>? path = null, FailedSyncPages pages = FailedSyncPages.Dropped) =>
        Inject(new SimulatedFault
        {
            Matches = operation => operation.Kind == FileOperation.Sync && path?.Invoke(operation.Path) != false,
            Skip = nth - 1,
            Pages = pages,
        });

    /// <summary>Makes the <paramref name="nth"/> operation from now fail, and all after it where
    /// <paramref name="forEver"/>.</summary>
    public void FailOperation(long nth, bool forEver = false) =>
        Inject(new SimulatedFault { Skip = nth - 1, Repeats = forEver });

    /// <summary>Nothing fails any more.</summary>
    public void ClearFaults() => Look(() =>
    {
        _log.ClearFaults();
        return true;
    });

    /// <summary>Frees all memory, mappings included: nothing may use them any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (!_isDisposed)
            {
                _isDisposed = true;
                _tree.FreeAll();
            }
        }
    }

    /// <summary>Makes an operation: counted, logged, and failed where a fault says so.</summary>
    internal void Execute(
        SimulatedOperation operation,
        Action<SimulatedOperation> action,
        Action<FailedSyncPages>? onFault = null)
    {
        operation = operation with { Number = _log.NextNumber() };
        BeforeOperation?.Invoke(operation);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            bool hasFailed = true;
            try
            {
                if (_log.FindFault(operation) is { } fault)
                {
                    onFault?.Invoke(fault.Pages);
                    throw OperationLog.MakeError(fault, operation);
                }

                action(operation);
                hasFailed = false;
            }
            finally
            {
                _log.Add(operation with { HasFailed = hasFailed });
            }
        }
    }

    /// <summary>Does what cannot fail, with the gate held.</summary>
    internal T Look<T>(Func<T> action)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return action();
        }
    }

    /// <summary>Fails where there is no room for a file of this length.</summary>
    internal void TakeSpace(SimulatedInode inode, long length)
    {
        if (_tree.CountBytesOfOthers(inode) + length > CapacityBytes)
        {
            throw OperatingSystemFiles.Failure($"allocate {length} bytes for", inode.Path, SimulatedFault.NoSpace);
        }
    }

    /// <summary>Ends a file's mapping and, where <paramref name="closes"/>, gives its handle back.</summary>
    internal void Release(SimulatedInode inode, bool isMapped, bool closes)
    {
        lock (_gate)
        {
            // A store that outlives its file system has nothing left to give back.
            if (_isDisposed)
            {
                return;
            }

            if (isMapped && inode.Unmap() is { } memory)
            {
                _tree.Retire(memory);
            }

            if (closes)
            {
                inode.Handles--;
                _tree.ReleaseUnused();
            }
        }
    }

    private static string Normalize(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    private void Execute(FileOperation kind, string path, Action<SimulatedOperation> action) =>
        Execute(new SimulatedOperation(kind, Normalize(path)), action);

    private SimulatedFile NewHandle(SimulatedInode inode, string path, bool writable)
    {
        inode.Handles++;
        return new SimulatedFile(this, inode, path, writable);
    }

    private void Unlock(ICollection<string> locks, string path)
    {
        lock (_gate)
        {
            locks.Remove(path);
        }
    }

    private sealed class HeldLock(Action unlock) : IDisposable
    {
        private Action? _unlock = unlock;

        public void Dispose() => Interlocked.Exchange(ref _unlock, null)?.Invoke();
    }
}
