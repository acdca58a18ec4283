using Kvs.Bench.Workloads;
using Kvs.Files;
using Microsoft.Win32.SafeHandles;

namespace Kvs.Bench.Drivers;

/// <summary>
/// The disk's own speed: appends what a store would have to write at least, and syncs. With durability disk and one
/// writer, no store that writes a set before it acknowledges it can be faster.
/// </summary>
internal sealed class BareDriver : IDriver
{
    internal const string Description =
        "no store: for each call, a pwrite of key, value and 32 bytes behind the last one in a file whose blocks are " +
        "on disk already, and with durability disk an fdatasync";

    /// <summary>The file begins again from here: it never grows, so no sync has to write anything about it.</summary>
    private const long MinFileBytes = 64 * 1024 * 1024;

    /// <summary>What a record has besides key and value; that of kvs.</summary>
    private const int HeaderBytes = 32;

    private readonly DriverSettings _settings;
    private readonly IFile _file;
    private readonly SafeFileHandle _handle;
    private readonly long _fileBytes;
    private readonly IntervalSync? _intervalSync;

    internal BareDriver(string folder, DriverSettings settings)
    {
        _settings = settings;
        OperatingSystemFiles files = OperatingSystemFiles.Instance;
        files.CreateDirectory(folder);
        string path = Path.Combine(folder, "appended");
        _file = files.Create(path);
        _fileBytes = Math.Max(MinFileBytes, 2L * (settings.CallBytes + HeaderBytes));
        FillFile();
        _handle = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        _intervalSync = IntervalSync.Start(settings, _file.Sync);
    }

    /// <inheritdoc/>
    public long? IndexBytes => null;

    /// <inheritdoc/>
    public IDriverSession CreateSession() => new Session(this);

    /// <inheritdoc/>
    public void Settle() => _file.Sync();

    /// <inheritdoc/>
    public void Dispose()
    {
        _intervalSync?.Dispose();
        _handle.Dispose();
        _file.Dispose();
    }

    // Stored through the mapping and not with large writes: those leave large folios in the page cache, of which each
    // sync then writes one as a whole.
    private unsafe void FillFile()
    {
        _file.Allocate(_fileBytes);
        _ = _file.Map(_fileBytes);
        _file.Populate(0, _fileBytes);
        _file.MarkDirty(0, _fileBytes);
        _file.Unmap();
        _file.Sync();
    }

    private sealed class Session(BareDriver driver) : IDriverSession
    {
        private byte[] _records = new byte[driver._settings.CallBytes + HeaderBytes];
        private long _offset;

        public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
        {
            int bytes = 0;
            Add(key, value, ref bytes);
            Append(bytes);
        }

        public bool TryGet(ReadOnlySpan<byte> key, Span<byte> destination, out int valueBytes) =>
            throw new InvalidOperationException("Nothing can be got from the bare disk.");

        public void SetMany(ReadOnlySpan<KvsEntry> entries)
        {
            int bytes = 0;
            foreach (ref readonly KvsEntry entry in entries)
            {
                Add(entry.Key.Span, entry.Value.Span, ref bytes);
            }

            Append(bytes);
        }

        public void GetMany(ReadOnlySpan<ReadOnlyMemory<byte>> keys, ref CheckedValues values) =>
            throw new InvalidOperationException("Nothing can be got from the bare disk.");

        public void Dispose()
        {
        }

        private void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ref int bytes)
        {
            int needed = bytes + HeaderBytes + key.Length + value.Length;
            if (needed > _records.Length)
            {
                Array.Resize(ref _records, Math.Max(needed, 2 * _records.Length));
            }

            key.CopyTo(_records.AsSpan(bytes + HeaderBytes));
            value.CopyTo(_records.AsSpan(bytes + HeaderBytes + key.Length));
            bytes = needed;
        }

        private void Append(int bytes)
        {
            if (_offset + bytes > driver._fileBytes)
            {
                _offset = 0;
            }

            RandomAccess.Write(driver._handle, _records.AsSpan(0, bytes), _offset);
            _offset += bytes;
            if (driver._settings.Durability == Durability.Disk)
            {
                driver._file.Sync();
            }
        }
    }
}
