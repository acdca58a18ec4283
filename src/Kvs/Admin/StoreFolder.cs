using Kvs.Files;
using Kvs.Folder;
using Kvs.Recovery;

namespace Kvs.Admin;

/// <summary>
/// A store's folder, opened to be looked at and for nothing else. As long as it is, no process can open the store.
/// </summary>
/// <remarks>Thread-safe. Nothing in the folder is changed: not a byte, not a time, no file made.</remarks>
internal sealed class StoreFolder : IDisposable
{
    private readonly IDisposable? _lock;
    private Manifest? _manifest;

    /// <summary>Opens a folder.</summary>
    /// <exception cref="KvsFolderException">It is not there, or in use.</exception>
    internal StoreFolder(IFileSystem files, string folder)
    {
        Files = files;
        Folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (files.GetKind(Folder) != PathKind.Directory)
        {
            throw new KvsFolderException(Folder, files.GetKind(Folder) == PathKind.File
                ? $"{Folder} is a file, not a store's folder."
                : $"{Folder} is not there.");
        }

        _lock = TryLock();
        try
        {
            SegmentIds = ListSegments(files.List(Folder));
        }
        catch
        {
            _lock?.Dispose();
            throw;
        }
    }

    internal IFileSystem Files { get; }

    internal string Folder { get; }

    /// <summary>The numbers of all segments whose files are there, ascending.</summary>
    internal SortedSet<ulong> SegmentIds { get; }

    /// <summary>Bytes of a file; 0 when it is not there.</summary>
    internal long LengthOf(string name)
    {
        string path = Path.Combine(Folder, name);
        if (Files.GetKind(path) != PathKind.File)
        {
            return 0;
        }

        using IFile file = Files.Open(path, writable: false);
        return file.Length;
    }

    /// <summary>Bytes of the files of some segments.</summary>
    internal long LengthOf(IEnumerable<ulong> segments) => segments.Sum(id => LengthOf(FolderNames.Segment(id)));

    /// <summary>What the folder says of the store.</summary>
    /// <exception cref="KvsFolderException">No store, or another engine's.</exception>
    /// <exception cref="KvsDamageException">It is not as it was written.</exception>
    internal StoreMarker ReadMarker()
    {
        StoreMarker marker = StoreMarker.TryRead(Files, Folder) ??
            throw new KvsFolderException(Folder, $"{Folder} is empty: there is no store in it.");
        marker.Require(StoreOpener.EngineName, Folder);
        return marker;
    }

    /// <summary>The same, where nothing can be done without it.</summary>
    /// <exception cref="KvsFolderException">As above, and where it is damaged.</exception>
    internal StoreMarker RequireMarker()
    {
        try
        {
            return ReadMarker();
        }
        catch (KvsDamageException e)
        {
            throw new KvsFolderException(Folder, $"{e.File} is damaged at offset {e.Offset}: {e.What}. It holds the " +
                "secret from which all checksums of the store begin, so nothing can be read without it. It never " +
                "changes: copy it from any backup of this store, however old.", e);
        }
    }

    /// <summary>The manifest; one of a store that was never written to, where there is none and no segment either.
    /// </summary>
    /// <exception cref="KvsDamageException">It is not as it was written, or missing.</exception>
    internal Manifest ReadManifest()
    {
        _manifest ??= Manifest.TryRead(Files, Folder);
        if (_manifest is null && SegmentIds.Count > 0)
        {
            throw new KvsDamageException(Path.Combine(Folder, FolderNames.Manifest), 0,
                "there are segments, but the manifest is missing");
        }

        return _manifest ??= new Manifest
        {
            Session = 0, BootId = Files.BootId, DurableEpoch = 0, SequenceFloor = 0, SegmentFloor = 1, Sealed = [],
        };
    }

    /// <summary>Segments of the manifest's session that are neither sealed nor dropped.</summary>
    internal List<ulong> UnsealedOf(Manifest manifest)
    {
        HashSet<ulong> settled = [.. manifest.Sealed, .. manifest.Dropped];
        return [.. SegmentIds.Where(id => id >= manifest.SegmentFloor && !settled.Contains(id))];
    }

    /// <summary>Throws where the folder had no lock to take, and has one now: then a process has opened the store, and
    /// what was read may be anything.</summary>
    internal void ThrowIfOpenedMeanwhile()
    {
        if (_lock is null)
        {
            TryLock()?.Dispose();
            if (Files.GetKind(Path.Combine(Folder, FolderNames.Lock)) != PathKind.Missing)
            {
                throw new KvsFolderException(Folder, $"{Folder} was opened by another process meanwhile. Try again.");
            }
        }
    }

    public void Dispose() => _lock?.Dispose();

    private IDisposable? TryLock()
    {
        try
        {
            return Files.TryLockForReading(Path.Combine(Folder, FolderNames.Lock));
        }
        catch (FileLockedException e)
        {
            throw new KvsFolderException(Folder,
                $"{Folder} is in use by {e.Holder}. Stop that process, or look at a backup.", e);
        }
    }

    private static SortedSet<ulong> ListSegments(IReadOnlyList<string> names)
    {
        var segments = new SortedSet<ulong>();
        foreach (string name in names)
        {
            if (FolderNames.TryParseSegment(name, out ulong id))
            {
                segments.Add(id);
            }
        }

        return segments;
    }
}
