using System.IO.MemoryMappedFiles;

namespace Kvs.Bench.Torture;

/// <summary>How far a victim has come, as it says itself.</summary>
internal enum VictimStage
{
    /// <summary>It runs, and has not touched the store.</summary>
    Started,

    /// <summary>It opens the store.</summary>
    Opening,

    /// <summary>It has written down what it found in the store, and writes from now on.</summary>
    Writing,
}

/// <summary>
/// What one victim writes down of its life, in a mapped file, so that all of it is there when the victim is killed:
/// what it found in the store, and each write before it is made and after it was acknowledged.
/// </summary>
/// <remarks>
/// Each writer has its part, which it alone writes, in an order that leaves a truth behind whenever it ends:
/// 1. A write is whole in the journal before it is counted as begun, and counted as begun before it is made.
/// 2. It is counted as acknowledged after the call that made it has returned.
/// Other processes may read at any time.
/// </remarks>
internal sealed unsafe class Journal : IDisposable
{
    /// <summary>The most writes that one writer makes in one life. It rests then, until it is killed.</summary>
    internal const int MaxWrites = 16 * 1024;

    private const int StageOffset = 0;
    private const int CompactionsOffset = 8;
    private const int HeaderBytes = 4096;
    private const int WriterHeaderBytes = 64;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private readonly int _writers;

    /// <summary>Opens a journal, and makes it where it is missing.</summary>
    internal Journal(string path, int writers, int life)
    {
        _writers = writers;
        Life = life;
        long bytes = HeaderBytes + ((long)writers * WriterHeaderBytes) +
            ((long)writers * TortureKeys.PerWriter * sizeof(long)) +
            ((long)writers * MaxWrites * sizeof(JournalWrite));
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, mapName: null, bytes);
        _view = _file.CreateViewAccessor(0, bytes);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    /// <summary>The number of the victim, from 1.</summary>
    internal int Life { get; }

    internal VictimStage Stage
    {
        get => (VictimStage)Volatile.Read(ref *(int*)(_start + StageOffset));
        set => Volatile.Write(ref *(int*)(_start + StageOffset), (int)value);
    }

    /// <summary>Rounds of compaction that were finished.</summary>
    internal long Compactions
    {
        get => Volatile.Read(ref *(long*)(_start + CompactionsOffset));
        set => Volatile.Write(ref *(long*)(_start + CompactionsOffset), value);
    }

    internal long Begun(int writer) => Volatile.Read(ref *Count(writer, 0));

    internal long Acknowledged(int writer) => Volatile.Read(ref *Count(writer, 1));

    /// <summary>Writes of a writer that a flush which has returned covers.</summary>
    internal long Flushed(int writer) => Volatile.Read(ref *Count(writer, 2));

    internal void NoteFlushed(int writer, long writes) => Volatile.Write(ref *Count(writer, 2), writes);

    /// <summary>The version under a key when the store was opened; 0 for none.</summary>
    internal ref long Found(int key) => ref ((long*)(_start + HeaderBytes + (_writers * WriterHeaderBytes)))[key];

    internal ref readonly JournalWrite Write(int writer, long number) => ref *At(writer, number);

    /// <summary>Writes a write down; it is made behind this.</summary>
    internal void Begin(int writer, in JournalWrite write)
    {
        long number = Begun(writer);
        *At(writer, number) = write;
        Volatile.Write(ref *Count(writer, 0), number + 1);
    }

    /// <summary>The last write that was begun has returned.</summary>
    internal void Acknowledge(int writer, long end)
    {
        long number = Begun(writer) - 1;
        At(writer, number)->End = end;
        Volatile.Write(ref *Count(writer, 1), number + 1);
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private long* Count(int writer, int which) =>
        (long*)(_start + HeaderBytes + (writer * WriterHeaderBytes)) + which;

    private JournalWrite* At(int writer, long number)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, MaxWrites);
        byte* writes = _start + HeaderBytes + (_writers * WriterHeaderBytes) +
            (_writers * TortureKeys.PerWriter * sizeof(long));
        return (JournalWrite*)writes + ((long)writer * MaxWrites) + number;
    }
}
