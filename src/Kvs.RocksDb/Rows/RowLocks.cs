namespace Kvs.RocksDb.Rows;

/// <summary>
/// The locks under which rows are written: RocksDB alone cannot look at a row and write it as one. A key's lock is that
/// of its hash; many keys share one, and hardly ever meet there.
/// </summary>
/// <remarks>Thread-safe. Who takes several takes them all at once, in the order of their numbers.</remarks>
internal sealed class RowLocks
{
    private const int Count = 1024;

    private readonly Lock[] _locks = [.. Enumerable.Range(0, Count).Select(_ => new Lock())];

    /// <summary>The lock of a hash.</summary>
    internal Lock Of(ulong hash) => _locks[NumberOf(hash)];

    /// <summary>Takes the locks of all these hashes. To be disposed.</summary>
    internal Held Enter(ReadOnlySpan<ulong> hashes)
    {
        var numbers = new SortedSet<int>();
        foreach (ulong hash in hashes)
        {
            numbers.Add(NumberOf(hash));
        }

        Lock[] taken = [.. numbers.Select(number => _locks[number])];
        foreach (Lock one in taken)
        {
            one.Enter();
        }

        return new Held(taken);
    }

    private static int NumberOf(ulong hash) => (int)(hash % Count);

    /// <summary>Locks that the calling thread holds.</summary>
    internal readonly ref struct Held(Lock[] locks) : IDisposable
    {
        /// <summary>Leaves them.</summary>
        public void Dispose()
        {
            foreach (Lock one in locks)
            {
                one.Exit();
            }
        }
    }
}
