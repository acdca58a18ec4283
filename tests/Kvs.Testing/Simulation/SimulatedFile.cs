using Kvs.Files;

namespace Kvs.Testing;

/// <summary>An open file of <see cref="SimulatedFiles"/>. <see cref="Map"/>, <see cref="Unmap"/> and
/// <see cref="Dispose"/> are called by one thread, as the seam says; the rest by any.</summary>
internal sealed unsafe class SimulatedFile(SimulatedFiles files, SimulatedInode inode, string path, bool writable)
    : IFile
{
    private const int BadDescriptor = 9;
    private const int InvalidArgument = 22;

    /// <summary>What no write leaves in two parts, if it begins at a multiple of it.</summary>
    private const int WordBytes = 8;

    private bool _isMapped;
    private bool _isDisposed;

    public string Path => path;

    public long Length => files.Look(() => Inode.Length);

    private SimulatedInode Inode
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return inode;
        }
    }

    public void Allocate(long length) => Execute(FileOperation.Allocate, length, () =>
    {
        CheckWritable("allocate bytes for", BadDescriptor);
        if (length > Inode.Length)
        {
            files.TakeSpace(Inode, length);
            Inode.SetLength(length);
        }
    });

    public void Truncate(long length) => Execute(FileOperation.Truncate, length, () =>
    {
        CheckWritable("cut", InvalidArgument);
        Inode.SetLength(length);
    });

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        // A span cannot go where the gate is taken.
        byte[] copy = bytes.ToArray();
        files.Execute(
            new SimulatedOperation(FileOperation.Write, inode.Path, Length: copy.Length),
            _ =>
            {
                CheckWritable("write to", BadDescriptor);
                Inode.Write(offset, copy);
            },
            _ => Inode.Write(offset, copy.AsSpan(0, copy.Length / 2 / WordBytes * WordBytes)));
    }

    public byte* Map(long length)
    {
        byte* map = null;
        Execute(FileOperation.Map, length, () =>
        {
            if (_isMapped)
            {
                throw new InvalidOperationException($"{path} is mapped already.");
            }

            if (length == 0)
            {
                throw OperatingSystemFiles.Failure("map 0 bytes of", path, InvalidArgument);
            }

            map = Inode.Map(length);
            _isMapped = true;
        });
        return map;
    }

    public void Unmap()
    {
        files.Release(inode, _isMapped, closes: false);
        _isMapped = false;
    }

    public void Populate(long offset, long length)
    {
        // All of the memory is there from the start.
    }

    public void StopWriting(long offset, long length)
    {
        // As above.
    }

    public void MarkDirty(long offset, long length) => files.Look(() =>
    {
        Inode.MarkDirty(offset, length);
        return true;
    });

    public void Sync() => files.Execute(
        new SimulatedOperation(FileOperation.Sync, inode.Path),
        _ => Inode.Sync(),
        pages =>
        {
            if (pages == FailedSyncPages.Kept)
            {
                Inode.Sync();
            }
            else
            {
                Inode.LoseDirtyPages();
            }
        });

    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            files.Release(inode, _isMapped, closes: true);
            _isMapped = false;
        }
    }

    private void Execute(FileOperation kind, long length, Action action) =>
        files.Execute(new SimulatedOperation(kind, inode.Path, Length: length), _ => action());

    private void CheckWritable(string verb, int error)
    {
        if (!writable)
        {
            throw OperatingSystemFiles.Failure(verb, path, error);
        }
    }
}
