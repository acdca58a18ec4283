using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Kvs.Index;

/// <summary>Something that is sorted by the hash of a key.</summary>
internal interface IHashed<T>
{
    /// <summary>What it is sorted by first, evenly spread.</summary>
    ulong Hash { get; }

    /// <summary>The whole order: no two are equal in it.</summary>
    static abstract bool IsBefore(in T a, in T b);
}

/// <summary>
/// Sorts by hash in one pass over a bucket for every two items, and within buckets by insertion: hashes are evenly
/// spread, so a bucket has a few items. Where many have one and the same hash, as a key that is written again and
/// again, its bucket is sorted by comparisons, unless it is in order already.
/// </summary>
internal static unsafe class HashSorter
{
    /// <summary>So many items are sorted by insertion at most: its cost grows with their square.</summary>
    private const uint MostByInsertion = 24;

    /// <summary>At most so many buckets, so that their counters stay in the cache.</summary>
    private const int MostBucketBits = 17;

    /// <summary>Sorts items whose hashes lie between two, and leaves them in <paramref name="sorted"/>.</summary>
    internal static void Sort<T>(T* items, int count, T* sorted, ulong lowestHash, ulong highestHash)
        where T : unmanaged, IHashed<T>
    {
        int bits = Math.Clamp(31 - BitOperations.LeadingZeroCount((uint)count), 1, MostBucketBits);
        int spanBits = 64 - BitOperations.LeadingZeroCount(highestHash - lowestHash);
        int shift = Math.Max(0, spanBits - bits);
        uint[] ends = ArrayPool<uint>.Shared.Rent(1 << bits);
        try
        {
            fixed (uint* counters = ends)
            {
                new Span<uint>(counters, 1 << bits).Clear();
                Scatter(items, count, sorted, lowestHash, shift, counters, 1 << bits);
                SortBuckets(sorted, counters, 1 << bits);
            }
        }
        finally
        {
            ArrayPool<uint>.Shared.Return(ends);
        }
    }

    /// <summary>Puts each item into its bucket; leaves in the counters where each bucket ends.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scatter<T>(T* items, int count, T* sorted, ulong lowestHash, int shift, uint* counters,
        int buckets)
        where T : unmanaged, IHashed<T>
    {
        for (T* item = items; item < items + count; item++)
        {
            counters[(item->Hash - lowestHash) >> shift]++;
        }

        uint sum = 0;
        for (int bucket = 0; bucket < buckets; bucket++)
        {
            uint inBucket = counters[bucket];
            counters[bucket] = sum;
            sum += inBucket;
        }

        for (T* item = items; item < items + count; item++)
        {
            sorted[counters[(item->Hash - lowestHash) >> shift]++] = *item;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SortBuckets<T>(T* sorted, uint* ends, int buckets)
        where T : unmanaged, IHashed<T>
    {
        uint start = 0;
        for (int bucket = 0; bucket < buckets; bucket++)
        {
            uint end = ends[bucket];
            if (end - start > MostByInsertion)
            {
                SortLarge(new Span<T>(sorted + start, (int)(end - start)));
            }
            else
            {
                SortByInsertion(sorted + start, sorted + end);
            }

            start = end;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SortByInsertion<T>(T* begin, T* end)
        where T : unmanaged, IHashed<T>
    {
        for (T* next = begin + 1; next < end; next++)
        {
            if (!T.IsBefore(*next, next[-1]))
            {
                continue;
            }

            T moved = *next;
            T* hole = next;
            do
            {
                *hole = hole[-1];
                hole--;
            }
            while (hole > begin && T.IsBefore(moved, hole[-1]));
            *hole = moved;
        }
    }

    private static void SortLarge<T>(Span<T> items)
        where T : unmanaged, IHashed<T>
    {
        for (int i = 1; i < items.Length; i++)
        {
            if (T.IsBefore(items[i], items[i - 1]))
            {
                items.Sort(default(Order<T>));
                return;
            }
        }
    }

    private readonly struct Order<T> : IComparer<T>
        where T : unmanaged, IHashed<T>
    {
        public int Compare(T x, T y) => T.IsBefore(x, y) ? -1 : T.IsBefore(y, x) ? 1 : 0;
    }
}
