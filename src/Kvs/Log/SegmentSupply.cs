using System.Collections.Concurrent;
using System.Diagnostics;
using System.Numerics;
using Kvs.Files;
using Kvs.Folder;
using Kvs.Monitoring;

namespace Kvs.Log;

/// <summary>
/// Makes segments ahead of use: allocated in full, mapped, populated and synced by a thread of its own, so that a
/// put never takes their page faults, never meets a full disk in the middle of a store, and makes no system call.
/// </summary>
/// <remarks>
/// Any thread may call. One segment is kept ready; who takes it wakes the thread to make the next. Where that fails
/// (a full disk), those who wait get the error, and the next who waits lets it be tried again.
/// </remarks>
internal sealed unsafe class SegmentSupply
{
    /// <summary>
    /// So much of a segment is kept populated in front of its tail. All of it at once would be simpler, but populating
    /// makes pages dirty: the next sync would write their zeros, and take each page's mapping away again, with an
    /// interrupt to every other processor, before anything was stored in it.
    /// </summary>
    internal const uint PopulatedAheadBytes = 2 * 1024 * 1024;

    /// <summary>So many segments may be there beside live data and garbage: those that writes and copies go to, the one
    /// that is ready, one that waits for its sync, one that waits for its last reader, and one to spare.</summary>
    private const int MostSegmentsBeside = 6;

    /// <summary>A store that is written to fast has segments of this size even where it is small: making one takes
    /// milliseconds.</summary>
    private const long BusySegmentBytes = 16 * 1024 * 1024;

    /// <summary>A segment that was filled faster than this is followed by a larger one.</summary>
    private static readonly TimeSpan s_busyTime = TimeSpan.FromMilliseconds(200);

    /// <summary>What a segment has around its one record.</summary>
    private const uint AroundRecordBytes = SegmentHeader.Bytes + Frame.ChunkHeaderBytes + Frame.SealBytes;

    private readonly IFileSystem _files;
    private readonly string _folder;
    private readonly LogSecret _secret;
    private readonly SegmentTable _segments;
    private readonly KvStoreOptions _options;
    private readonly ulong _session;
    private readonly int _lanes;
    private readonly object _monitor = new();
    private readonly Thread _thread;

    private readonly ConcurrentQueue<(Segment Segment, uint Offset, uint Length)> _toPopulate = new();

    // Guarded by the monitor, but for _ready, which is taken by exchange, and the number, which is only added to.
    private Segment? _ready;
    private Exception? _failure;
    private long _attempts;
    private long _made;
    private bool _isWanted = true;
    private bool _isStopping;
    private bool _holdsBack;
    private bool _isOneGranted;
    private Action? _onHoldBack;
    private int _dedicatedInUse;
    private ulong _nextId;

    // The thread's own: a segment is never smaller than the one before, so what fits one fits the next.
    private long _lastCapacity;
    private long _lastMade;

    /// <summary>Starts making the first segment at once.</summary>
    /// <param name="folder">The store's folder.</param>
    /// <param name="secret">The store's id and secret.</param>
    /// <param name="segments">Where made segments are entered.</param>
    /// <param name="options">Sizes, and the file system.</param>
    /// <param name="session">The session that the segments belong to.</param>
    /// <param name="firstId">The number of the first segment.</param>
    /// <param name="lanes">How many lanes will write.</param>
    internal SegmentSupply(string folder, LogSecret secret, SegmentTable segments, KvStoreOptions options,
        ulong session, ulong firstId, int lanes)
    {
        _files = options.FileSystem;
        _folder = folder;
        _secret = secret;
        _segments = segments;
        _options = options;
        HeldBack = new HoldBackFigures(options.Events);
        Leases = new LeaseFigures(segments);
        _session = session;
        _nextId = firstId;
        _lanes = lanes;
        _thread = new Thread(Run) { IsBackground = true, Name = "kvs segments" };
        _thread.Start();
    }

    /// <summary>Takes the segment that is ready; null when there is none yet. Never waits.</summary>
    /// <param name="isFirst">Whether the caller is served also while writes are held back.</param>
    internal Segment? TryTakeReady(bool isFirst)
    {
        if (!isFirst && MustHoldBack())
        {
            return null;
        }

        Segment? ready = Interlocked.Exchange(ref _ready, null);
        lock (_monitor)
        {
            _isWanted = true;
            Monitor.PulseAll(_monitor);
        }

        return ready;
    }

    /// <summary>Names who is told when writes begin to wait for garbage to be won back; it must only set a signal.
    /// </summary>
    internal void TellWhenHoldingBack(Action onHoldBack) => Volatile.Write(ref _onHoldBack, onHoldBack);

    /// <summary>Whether writes wait for garbage to be won back.</summary>
    internal bool IsHoldingBack => Volatile.Read(ref _holdsBack);

    /// <summary>How often writes waited for that.</summary>
    internal HoldBackFigures HeldBack { get; }

    internal LeaseFigures Leases { get; }

    /// <summary>Whether a segment is made that nobody has taken yet.</summary>
    internal bool HasReady => Volatile.Read(ref _ready) is not null;

    /// <summary>Whether there is more garbage on disk than the options allow: the folder takes more than its live data,
    /// a part of it, and some segments.</summary>
    internal bool IsOverfull
    {
        get
        {
            List<Segment> segments = _segments.ToList();
            long live = segments.Sum(segment => segment.LiveBytes);
            return segments.Sum(segment => segment.DiskBytes) >
                ((1 + _options.Compaction.HighestRatio) * live) + (MostSegmentsBeside * LastCapacity);
        }
    }

    /// <summary>Gives segments to writes again.</summary>
    /// <param name="atLeastOne">Whether one is given in any case, because waiting for longer would bring
    /// nothing.</param>
    internal void LetGo(bool atLeastOne)
    {
        lock (_monitor)
        {
            _isOneGranted = atLeastOne;
            Volatile.Write(ref _holdsBack, false);
            Monitor.PulseAll(_monitor);
        }

        HeldBack.End();
    }

    /// <summary>Lets the thread populate a part of a segment that will be written soon.</summary>
    internal void Populate(Segment segment, uint offset, uint length)
    {
        _toPopulate.Enqueue((segment, offset, length));
        lock (_monitor)
        {
            Monitor.PulseAll(_monitor);
        }
    }

    /// <summary>The size of the last segment that was made ready.</summary>
    internal long LastCapacity => Volatile.Read(ref _lastCapacity);

    /// <summary>How many segments have been made ready so far.</summary>
    internal long Made => Volatile.Read(ref _made);

    /// <summary>Waits until a segment is ready, or was and somebody took it, who then brought room for all. Holds
    /// nothing that another could need meanwhile.</summary>
    /// <param name="madeBefore">What <see cref="Made"/> was before the caller looked for room.</param>
    /// <param name="isFirst">Whether the caller is served also while writes are held back.</param>
    /// <exception cref="KvsWriteException">None can be made, for example because the disk is full.</exception>
    internal void WaitUntilReady(long madeBefore, bool isFirst = false)
    {
        lock (_monitor)
        {
            long attempt = _attempts;
            _isWanted = true;
            Monitor.PulseAll(_monitor);
            while (!_isStopping && ((_holdsBack && !isFirst) ||
                (Volatile.Read(ref _ready) is null && _made == madeBefore)))
            {
                if (_attempts != attempt && _failure is not null)
                {
                    throw new KvsWriteException(
                        $"There is no room for the write: {_failure.Message} It was not made.", isFinal: false,
                        _failure);
                }

                Monitor.Wait(_monitor);
            }
        }
    }

    /// <summary>
    /// Makes a segment for one large record, on the calling thread, which calls <see cref="EndDedicated"/> when the
    /// record is written or given up: until then the store's folder stays locked.
    /// </summary>
    /// <exception cref="KvsWriteException">It cannot be made.</exception>
    /// <exception cref="ObjectDisposedException">The store is being closed.</exception>
    internal Segment MakeDedicated(uint recordBytes)
    {
        long capacity = RoundUp((long)AroundRecordBytes + recordBytes, SegmentHeader.Bytes);
        lock (_monitor)
        {
            ObjectDisposedException.ThrowIf(_isStopping, typeof(KvStore));
            _dedicatedInUse++;
        }

        try
        {
            return Make(capacity, firstBytes: capacity);
        }
        catch (Exception e)
        {
            EndDedicated(unused: null);
            if (e is IOException or UnauthorizedAccessException)
            {
                throw new KvsWriteException($"No file could be made for a record of {recordBytes} bytes: {e.Message} " +
                    "It was not written.", isFinal: false, e);
            }

            throw;
        }
    }

    /// <summary>How long a record may be that goes into a segment that was made for one.</summary>
    internal static uint DedicatedRoom(Segment dedicated) => dedicated.Length - AroundRecordBytes;

    /// <summary>The writer is done with the segment that it had made; removes it when nothing was written.</summary>
    internal void EndDedicated(Segment? unused)
    {
        if (unused is not null)
        {
            Remove(unused);
        }

        lock (_monitor)
        {
            _dedicatedInUse--;
            Monitor.PulseAll(_monitor);
        }
    }

    /// <summary>Ends the thread, and waits for those who are making a segment of their own: what they do in the folder
    /// must not outlive its lock. Nobody waits for a segment any more.</summary>
    internal void Stop()
    {
        lock (_monitor)
        {
            _isStopping = true;
            Monitor.PulseAll(_monitor);
        }

        _thread.Join();
        lock (_monitor)
        {
            while (_dedicatedInUse > 0)
            {
                Monitor.Wait(_monitor);
            }
        }
    }

    /// <summary>Removes a segment in which nothing is, or of which nothing is needed, and its file. Nobody looks at it
    /// any more. What cannot be removed now is removed when the store is opened next.</summary>
    internal void Remove(Segment segment)
    {
        _segments.Free(segment.Slot);
        segment.Dispose();
        TryUnlink(segment.Path);
        Leases.NoteRemoved(segment);
    }

    /// <summary>Looks whether the store may grow; once it may not, it may again when that is said.</summary>
    private bool MustHoldBack()
    {
        if (Volatile.Read(ref _holdsBack))
        {
            return true;
        }

        if (!_options.Compaction.IsAutomatic || !IsOverfull)
        {
            return false;
        }

        lock (_monitor)
        {
            _holdsBack = !_isOneGranted;
            _isOneGranted = false;
            if (_holdsBack)
            {
                HeldBack.Begin();
            }
        }

        Volatile.Read(ref _onHoldBack)?.Invoke();
        return Volatile.Read(ref _holdsBack);
    }

    private static long RoundUp(long value, long unit) => (value + unit - 1) / unit * unit;

    private void Run()
    {
        while (true)
        {
            lock (_monitor)
            {
                while (!_isStopping && !IsOneMissing() && _toPopulate.IsEmpty)
                {
                    Monitor.Wait(_monitor);
                }

                if (_isStopping)
                {
                    return;
                }
            }

            while (_toPopulate.TryDequeue(out (Segment Segment, uint Offset, uint Length) part))
            {
                part.Segment.File.Populate(part.Offset, part.Length);
            }

            if (IsOneMissing())
            {
                MakeReady();
            }
        }
    }

    private bool IsOneMissing() => Volatile.Read(ref _isWanted) && Volatile.Read(ref _ready) is null;

    private void MakeReady()
    {
        Segment? made = null;
        Exception? failure = null;
        try
        {
            made = Make(NextCapacity(), firstBytes: PopulatedAheadBytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or KvsWriteException)
        {
            failure = e;
        }

        // Said once, however many writes fail meanwhile.
        if (failure is not null && _failure is null)
        {
            _options.Events.DiskFull(failure);
        }
        else if (failure is null && _failure is not null)
        {
            _options.Events.DiskHasRoom();
        }

        lock (_monitor)
        {
            Volatile.Write(ref _ready, made);
            _made += made is null ? 0 : 1;
            _failure = failure;
            _isWanted = false;
            _attempts++;
            Monitor.PulseAll(_monitor);
        }
    }

    /// <summary>A quarter of the live data, so that what is held ready stays small beside it; more where segments are
    /// filled fast.</summary>
    private long NextCapacity()
    {
        long live = _segments.ToList().Sum(segment => Math.Max(0, segment.AppendedBytes - segment.DeadBytes));
        long capacity = (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(1, live / 4));
        if (_lastMade != 0 && Stopwatch.GetElapsedTime(_lastMade) < s_busyTime)
        {
            capacity = Math.Max(capacity, Math.Min(2 * _lastCapacity, BusySegmentBytes));
        }

        _lastMade = Stopwatch.GetTimestamp();
        long least = Math.Max(_lastCapacity, Math.Min(_options.FirstSegmentBytes, _options.SegmentBytes));
        capacity = Math.Clamp(capacity, least, _options.SegmentBytes);
        Volatile.Write(ref _lastCapacity, capacity);
        return capacity;
    }

    /// <summary>
    /// Makes a segment under another name and gives it its own once its header is on disk: a file with a segment's
    /// name always has a whole header. Its first bytes are populated.
    /// </summary>
    private Segment Make(long capacity, long firstBytes)
    {
        ulong id = Interlocked.Increment(ref _nextId) - 1;
        string path = Path.Combine(_folder, FolderNames.Segment(id));
        string unfinished = path + FolderNames.UnfinishedSuffix;
        IFile file = _files.Create(unfinished);
        bool isRenamed = false;
        try
        {
            file.Allocate(capacity);
            byte* start = file.Map(capacity);
            uint salt = _secret.SaltOf(id);
            var header = new SegmentHeader(id, _secret.StoreId, _session, (ulong)capacity, ChunkBytes(capacity));
            header.Write(start, salt);
            file.Sync();

            _files.Rename(unfinished, path);
            isRenamed = true;
            _files.SyncDirectory(_folder);
            var segment = new Segment(file, path, start, header, salt, _segments.TakeSlot(), _lanes);
            _segments.Put(segment);
            file.Populate(0, Math.Min(capacity, firstBytes));
            return segment;
        }
        catch
        {
            file.Dispose();
            TryUnlink(isRenamed ? path : unfinished);
            throw;
        }
    }

    private uint ChunkBytes(long capacity) =>
        (uint)Math.Clamp(capacity / (8 * _lanes) / Frame.ChunkHeaderBytes * Frame.ChunkHeaderBytes,
            Lane.LeastChunkBytes, Lane.MostChunkBytes);

    private void TryUnlink(string path)
    {
        try
        {
            _files.Unlink(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _options.Events.FileLeftBehind(path, e);
        }
    }
}
