using Kvs.Files;
using Kvs.Folder;
using Kvs.Index;
using Kvs.Log;
using Kvs.Recovery;

namespace Kvs.Admin;

/// <summary>
/// The folder that a backup is written to. Its marker comes last, when everything else is on disk: until then no engine
/// takes the folder for a store's, however the backup ended. One thread.
/// </summary>
/// <remarks>
/// Bytes are copied and not linked: a backup that shares its blocks with the store is damaged together with it. Every
/// copy is read again and verified to its last byte, so that a backup which was finished is known to be sound.
/// </remarks>
internal sealed unsafe class BackupFolder : IDisposable
{
    /// <summary>So much is written at a time: enough for the disk, little between two looks at the progress.</summary>
    private const int PieceBytes = 1024 * 1024;

    private readonly IFileSystem _files;
    private readonly LogSecret _secret;
    private readonly ProgressCounter _progress;
    private readonly IDisposable _lock;
    private readonly List<string> _made = [];
    private bool _isFinished;

    /// <summary>Takes a folder for a backup; makes it if missing.</summary>
    /// <param name="files">Where it lives.</param>
    /// <param name="folder">The folder, which must be new or empty.</param>
    /// <param name="source">The store's folder.</param>
    /// <param name="secret">The store's.</param>
    /// <param name="progress">Told of every byte that was copied.</param>
    /// <exception cref="KvsFolderException">The folder holds something, or cannot be used.</exception>
    internal BackupFolder(IFileSystem files, string folder, string source, LogSecret secret, ProgressCounter progress)
    {
        _files = files;
        _secret = secret;
        _progress = progress;
        Folder = NewFolder.Take(files, folder, source, out _lock);
    }

    internal string Folder { get; }

    /// <summary>Copies a segment that is sealed.</summary>
    /// <param name="source">The segment, whose file is mapped and stays so.</param>
    /// <param name="length">Bytes of it, seal included.</param>
    /// <param name="settled">Told of what is in it.</param>
    /// <exception cref="KvsDamageException">It is not as it was written.</exception>
    internal void CopySealed(Segment source, uint length, SettledLog settled)
    {
        using (IFile file = Create(source.Id, length))
        {
            Write(file, source, 0, length);
            file.Sync();
        }

        Verify(source, settled);
    }

    /// <summary>Copies all bytes of a segment that is not sealed, for <see cref="OpenForRepair"/>.</summary>
    internal void CopyUnsealed(Segment source)
    {
        using IFile file = Create(source.Id, source.Length);
        Write(file, source, 0, source.Length);
    }

    /// <summary>Opens a copy, to be changed.</summary>
    internal Segment OpenForRepair(ulong id) => SegmentFile.Open(_files, Folder, id, _secret, isWritable: true);

    /// <summary>Removes a copy that nothing is in.</summary>
    internal void Drop(ulong id)
    {
        string path = Path.Combine(Folder, FolderNames.Segment(id));
        _files.Unlink(path);
        _made.Remove(path);
    }

    /// <summary>Copies what a part of a segment holds, which others may be writing to behind that, and seals the copy.
    /// </summary>
    /// <exception cref="KvsDamageException">It is not as it was written.</exception>
    internal void CopyPart(SegmentPart part, SettledLog settled, Action<string> tell)
    {
        Segment source = part.Segment;
        using (IFile file = Create(source.Id, part.End + Frame.SealBytes))
        {
            Write(file, source, 0, SegmentHeader.Bytes);
            foreach (ChunkPart chunk in part.Chunks)
            {
                Write(file, source, chunk.Offset, chunk.KeptEnd);
            }
        }

        using (Segment copy = OpenForRepair(source.Id))
        {
            foreach (uint hole in part.Holes)
            {
                SessionRecovery.WritePadding(copy, hole);
            }

            WithSourceNamed(source, () => SegmentSealer.TrySeal(copy, KeySeeds.Of(_secret.HashSeed), tell));
            SegmentSealer.Trim(copy);
        }

        Verify(source, settled);
    }

    /// <summary>Writes manifest and marker: from now on this is a store's folder.</summary>
    internal BackupReport Finish(Manifest manifest)
    {
        _made.Add(Path.Combine(Folder, FolderNames.Manifest));
        manifest.Write(_files, Folder);
        StoreMarker.Create(_files, Folder, StoreOpener.EngineName, _secret);
        _isFinished = true;
        return new BackupReport
        {
            Folder = Folder,
            Segments = manifest.Sealed.Count,
            Bytes = manifest.Sealed.Sum(LengthOf),
            Epoch = manifest.DurableEpoch,
        };
    }

    /// <summary>Ends the backup. Where it was not finished, what was written of it is taken away.</summary>
    public void Dispose()
    {
        try
        {
            if (!_isFinished)
            {
                RemoveWhatWasMade();
            }
        }
        finally
        {
            _lock.Dispose();
        }
    }

    private void RemoveWhatWasMade()
    {
        // The marker first: without it, what is left by whatever happens now is no store.
        foreach (string path in _made.Prepend(Path.Combine(Folder, FolderNames.Marker)))
        {
            string unfinished = path + FolderNames.UnfinishedSuffix;
            foreach (string name in new[] { unfinished, path }.Where(name => _files.GetKind(name) == PathKind.File))
            {
                try
                {
                    _files.Unlink(name);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // The error that ended the backup is the one to be told.
                }
            }
        }
    }

    private long LengthOf(ulong id)
    {
        using IFile file = _files.Open(Path.Combine(Folder, FolderNames.Segment(id)), writable: false);
        return file.Length;
    }

    private IFile Create(ulong id, long length)
    {
        string path = Path.Combine(Folder, FolderNames.Segment(id));
        IFile file = _files.Create(path);
        try
        {
            _made.Add(path);
            file.Allocate(length);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private void Write(IFile file, Segment source, uint from, uint end)
    {
        for (uint at = from; at < end;)
        {
            int length = (int)Math.Min(PieceBytes, end - at);
            file.Write(at, new ReadOnlySpan<byte>(source.Start + at, length));
            at += (uint)length;
            _progress.Add(length);
        }
    }

    private void Verify(Segment source, SettledLog settled) => WithSourceNamed(source, () =>
    {
        using Segment copy = SegmentFile.Open(_files, Folder, source.Id, _secret, isWritable: false);
        using var complete = new SealedSegment(copy);
        complete.VerifyAll(KeySeeds.Of(_secret.HashSeed));
        settled.Add(complete);
    });

    /// <summary>What is wrong with a copy is wrong with what it was made from, as far as anybody can tell.</summary>
    private static void WithSourceNamed(Segment source, Action action)
    {
        try
        {
            action();
        }
        catch (KvsDamageException e)
        {
            throw new KvsDamageException(source.Path, e.Offset, $"{e.What}, as its copy at {e.File} shows");
        }
    }
}
