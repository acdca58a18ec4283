using Kvs.Files;

namespace Kvs.Testing;

/// <summary>The folders and files of a simulated file system, and their memory. Paths are full ones. Every member is
/// called with the file system's gate held.</summary>
internal sealed class SimulatedTree
{
    /// <summary>Memory of ended mappings is kept, up to this many bytes, so that a store that still uses one meets
    /// poison and not a segmentation fault.</summary>
    private const long MaxRetiredBytes = 64 * 1024 * 1024;

    /// <summary>Threads that never stop storing would let no copy be of one instant.</summary>
    private const int MostCopies = 1000;

    private const int NotFound = 2;
    private const int NotDirectory = 20;

    private readonly Queue<SimulatedMemory> _retired = [];
    private HashSet<SimulatedInode> _inodes = [];
    private long _retiredBytes;

    internal SortedDictionary<string, SimulatedFolder> Folders { get; } =
        new(StringComparer.Ordinal) { ["/"] = new() };

    /// <summary>The files that processes see, in the order of their paths.</summary>
    internal IEnumerable<SimulatedInode> Files => Folders.Values.SelectMany(folder => folder.Entries.Values);

    internal SimulatedInode? FindFile(string path) =>
        Folders.TryGetValue(Path.GetDirectoryName(path) ?? "", out SimulatedFolder? folder) &&
        folder.Entries.TryGetValue(Path.GetFileName(path), out SimulatedInode? inode)
            ? inode
            : null;

    internal SimulatedInode GetFile(string path, string verb) =>
        FindFile(path) ?? throw OperatingSystemFiles.Failure(verb, path, NotFound);

    internal SimulatedFolder GetFolder(string path, string verb) =>
        Folders.TryGetValue(path, out SimulatedFolder? folder)
            ? folder
            : throw OperatingSystemFiles.Failure(verb, path, FindFile(path) is null ? NotFound : NotDirectory);

    internal SimulatedFolder GetParent(string path, string verb) => GetFolder(Path.GetDirectoryName(path) ?? "", verb);

    /// <summary>The names of a folder's files and folders.</summary>
    internal List<string> List(string path)
    {
        List<string> names = [.. GetFolder(path, "list").Entries.Keys];
        names.AddRange(Folders.Keys
            .Where(folder => folder != "/" && Path.GetDirectoryName(folder) == path)
            .Select(folder => Path.GetFileName(folder)));
        return names;
    }

    /// <summary>Makes a folder and those above it; false when a file is in the way.</summary>
    internal bool TryCreateFolder(string path)
    {
        List<string> chain = [];
        for (string? folder = path; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            chain.Add(folder);
        }

        if (chain.Any(folder => FindFile(folder) is not null))
        {
            return false;
        }

        chain.ForEach(folder => Folders.TryAdd(folder, new SimulatedFolder()));
        return true;
    }

    internal SimulatedInode CreateFile(SimulatedOperation operation)
    {
        SimulatedFolder folder = GetParent(operation.Path, "create");
        var inode = new SimulatedInode(operation.Path);
        _inodes.Add(inode);
        folder.Change(new FolderChange(FileOperation.Create, operation.Path, null, operation.Number), inode);
        return inode;
    }

    /// <summary>Gives a file these bytes, as if they had always been on disk.</summary>
    internal void Put(string path, ReadOnlySpan<byte> bytes)
    {
        SimulatedInode inode = FindFile(path) ?? new SimulatedInode(path);
        inode.Replace(bytes);
        _inodes.Add(inode);
        GetParent(path, "write").Put(path, inode);
    }

    /// <summary>What all files but one take that processes see or have open, in bytes.</summary>
    internal long CountBytesOfOthers(SimulatedInode inode) => _inodes
        .Where(other => other != inode && (other.Handles > 0 || FindFile(other.Path) == other))
        .Sum(other => other.Length);

    /// <summary>Keeps the memory of an ended mapping for a while.</summary>
    internal void Retire(SimulatedMemory memory)
    {
        _retired.Enqueue(memory);
        _retiredBytes += memory.ReservedBytes;
        while (_retiredBytes > MaxRetiredBytes)
        {
            SimulatedMemory oldest = _retired.Dequeue();
            _retiredBytes -= oldest.ReservedBytes;
            oldest.Free();
        }
    }

    /// <summary>Frees files that have neither name nor handle any more, in memory or on disk.</summary>
    internal void ReleaseUnused()
    {
        HashSet<SimulatedInode> used = [.. Folders.Values.SelectMany(folder => folder.Inodes)];
        used.UnionWith(_inodes.Where(inode => inode.Handles > 0));
        foreach (SimulatedInode inode in _inodes.Where(inode => !used.Contains(inode)))
        {
            inode.Memory.Free();
        }

        _inodes = used;
    }

    internal void FreeAll()
    {
        foreach (SimulatedMemory memory in _inodes.Select(inode => inode.Memory).Concat(_retired))
        {
            memory.Free();
        }
    }

    internal List<SimulatedFileState> Snapshot()
    {
        var states = new List<SimulatedFileState>();
        foreach ((string path, SimulatedFolder folder) in Folders)
        {
            foreach (string name in folder.Entries.Keys.Union(folder.Durable.Keys).Order(StringComparer.Ordinal))
            {
                byte[]? bytes = folder.Entries.TryGetValue(name, out SimulatedInode? seen) ? [.. seen.Bytes] : null;
                byte[]? durable = folder.Durable.TryGetValue(name, out SimulatedInode? kept)
                    ? [.. kept.DurableBytes]
                    : null;
                states.Add(new SimulatedFileState(Path.Combine(path, name), bytes, durable));
            }
        }

        return states;
    }

    /// <summary>What a power cut may keep or take: also of files whose names are gone, for the names may come back.
    /// </summary>
    internal List<UnsyncedChange> UnsyncedChanges()
    {
        List<UnsyncedChange> changes = [.. Folders.Values.SelectMany(folder => folder.Pending)
            .Select(pending => new UnsyncedChange(UnsyncedKind.Entry, pending.Change.Path, pending.Change.Number))];
        foreach (SimulatedInode inode in Folders.Values.SelectMany(folder => folder.Inodes).Distinct())
        {
            if (inode.Length != inode.DurableBytes.Length)
            {
                changes.Add(new UnsyncedChange(UnsyncedKind.Length, inode.Path, 0));
            }

            changes.AddRange(inode.DirtySectors().Select(sector =>
                new UnsyncedChange(UnsyncedKind.Sector, inode.Path, sector)));
        }

        return changes;
    }

    /// <summary>The tree after the death of the process, at one instant: stores through mappings go on meanwhile, so it
    /// is copied until nothing has changed between the first byte and the last.</summary>
    internal SimulatedTree Copy()
    {
        for (int attempt = 1; ; attempt++)
        {
            var copies = new Dictionary<SimulatedInode, SimulatedInode>();
            SimulatedTree copy = CopyFolders((folder, copyOnce) => folder.Copy(copyOnce), inode => inode.Copy(), copies);
            if (attempt == MostCopies || copies.All(pair => pair.Key.Bytes.SequenceEqual(pair.Value.Bytes)))
            {
                return copy;
            }

            copy.FreeAll();
        }
    }

    /// <summary>The tree after a power cut.</summary>
    internal SimulatedTree CopyAfter(PowerCut cut) =>
        CopyFolders((folder, copyOnce) => folder.CopyAfter(cut, copyOnce), inode => inode.CopyAfter(cut), []);

    private SimulatedTree CopyFolders(
        Func<SimulatedFolder, Func<SimulatedInode, SimulatedInode>, SimulatedFolder> copyFolder,
        Func<SimulatedInode, SimulatedInode> copyFile,
        Dictionary<SimulatedInode, SimulatedInode> copies)
    {
        var after = new SimulatedTree();
        foreach ((string path, SimulatedFolder folder) in Folders)
        {
            SimulatedFolder copy = copyFolder(folder, CopyOnce);
            after.Folders[path] = copy;
            foreach ((string name, SimulatedInode inode) in copy.Entries)
            {
                inode.Path = Path.Combine(path, name);
            }
        }

        after._inodes.UnionWith(copies.Values);
        return after;

        SimulatedInode CopyOnce(SimulatedInode inode)
        {
            if (!copies.TryGetValue(inode, out SimulatedInode? copied))
            {
                copied = copyFile(inode);
                copies.Add(inode, copied);
            }

            return copied;
        }
    }
}
