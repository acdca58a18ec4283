using System.Numerics;

namespace Kvs.RocksDb.Rows;

/// <summary>
/// The locks under which rows are written: RocksDB alone cannot look at a row and write it as one. A key's lock is that
/// of its hash; many keys share one, and hardly ever meet there.
/// </summary>
/// <remarks>Thread-safe. Who takes several takes them all at once, in the order of their numbers.</remarks>
internal sealed class RowLocks
{
    private const int Count = 1024;
    private const int WordBits = 64;

    private readonly Lock[] _locks = [.. Enumerable.Range(0, Count).Select(_ => new Lock())];

    /// <summary>A bit for each lock, in words.</summary>
    internal const int SetWords = Count / WordBits;

    /// <summary>The lock of a hash.</summary>
    internal Lock Of(ulong hash) => _locks[NumberOf(hash)];

    /// <summary>Takes the locks of all these hashes. To be disposed.</summary>
    /// <param name="hashes">The hashes.</param>
    /// <param name="room">Room for <see cref="SetWords"/> words, which says what was taken.</param>
    internal Held Enter(scoped ReadOnlySpan<ulong> hashes, Span<ulong> room)
    {
        room.Clear();
        foreach (ulong hash in hashes)
        {
            int number = NumberOf(hash);
            room[number / WordBits] |= 1UL << (number % WordBits);
        }

        ForEach(room, static one => one.Enter());
        return new Held(this, room);
    }

    private static int NumberOf(ulong hash) => (int)(hash % Count);

    private void ForEach(ReadOnlySpan<ulong> set, Action<Lock> action)
    {
        for (int word = 0; word < set.Length; word++)
        {
            for (ulong left = set[word]; left != 0; left &= left - 1)
            {
                action(_locks[(word * WordBits) + BitOperations.TrailingZeroCount(left)]);
            }
        }
    }

    /// <summary>Locks that the calling thread holds.</summary>
    internal readonly ref struct Held(RowLocks locks, ReadOnlySpan<ulong> set) : IDisposable
    {
        private readonly ReadOnlySpan<ulong> _set = set;

        /// <summary>Leaves them.</summary>
        public void Dispose() => locks.ForEach(_set, static one => one.Exit());
    }
}
