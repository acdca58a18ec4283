using System.Runtime.CompilerServices;
using Kvs.Files;
using Kvs.Log;

namespace Kvs.Index;

/// <summary>
/// One partition's table: open-addressed, in native memory, made of buckets of one cache line with eight slots. A
/// slot is one word: a 16-bit tag above a 48-bit position in the log, where the key itself lies.
/// </summary>
/// <remarks>
/// One writer at a time (the partition's lock), any number of readers without locks. Invariants:
/// (1) a slot changes by single 8-byte stores only, so a reader sees an old word or a new one, never a mixture;
/// (2) a slot is stored after its record is complete (release; pairs with the reader's acquiring load);
/// (3) an entry never moves within a table, and a bucket that was full once never shows an empty slot again
///     (a removed entry leaves a mark), so a reader that stops at an empty slot has missed nothing;
/// (4) an entry lies in its home bucket or at most <see cref="MaxDisplacement"/> behind it.
///
/// Where a key lives comes from the fraction f of its hash (64 bits, read as a number from 0 to 1), of which the
/// table looks at the top <c>baseBits + 16</c> bits only: the quotient q. The home bucket is floor(q * buckets), and
/// the tag is the lowest 16 bits of q. That makes bucket and tag together as good as q itself as long as there are at
/// least 16 buckets for each value of the base: 16 neighbouring homes then span at most 2^16 values of q; the tag
/// tells which of them it is. So a table can grow by any factor without reading one key from the log. (After the
/// quotienting of Cleary, 1984, with the number of buckets freed from powers of two.) As buckets grow beyond the
/// base, fewer bits of the tag are left to tell entries of a bucket apart; before they become too few, the base
/// is raised, and that one time the keys are read.
/// </remarks>
internal sealed unsafe class IndexTable : IDisposable
{
    internal const int SlotsPerBucket = 8;

    /// <summary>How far behind its home bucket an entry may lie, in buckets.</summary>
    internal const int MaxDisplacement = 15;

    /// <summary>What the smallest table has.</summary>
    internal const uint MinBuckets = 16;

    internal const ulong Empty = 0;

    /// <summary>The mark that a removed entry leaves. No position is 1: offsets that low are a segment's header.
    /// </summary>
    internal const ulong Removed = 1;

    private const int BucketBytes = SlotsPerBucket * sizeof(ulong);
    private const int TagBits = 16;
    private const int TagShift = SegmentTable.PositionBits;
    private const ulong PositionMask = (1UL << SegmentTable.PositionBits) - 1;

    /// <summary>At least 16 buckets for each value of the base: what makes bucket and tag determine q.</summary>
    private const int LeastBucketsPerBaseBits = 4;

    /// <summary>Less than 128, so that 9 bits of a tag still tell entries of one bucket apart.</summary>
    private const int MostBucketsPerBaseBits = 7;

    /// <summary>What every partition begins with: finds nothing, and is full. Shared, and never freed.</summary>
    internal static readonly IndexTable Vacant = new(MinBuckets, baseBits: 0) { MaxUsedSlots = 0 };

    private readonly NativeBlock _block;
    private readonly byte* _buckets;
    private readonly int _quotientShift;

    private IndexTable(uint bucketCount, int baseBits)
    {
        BucketCount = bucketCount;
        MaxUsedSlots = bucketCount * (SlotsPerBucket - 1L);
        BaseBits = baseBits;
        _quotientShift = 64 - (baseBits + TagBits);
        _block = new NativeBlock((bucketCount + MaxDisplacement) * (nuint)BucketBytes);
        _buckets = _block.Start;
    }

    /// <summary>Buckets that can be a home; behind them lie <see cref="MaxDisplacement"/> more for what the last
    /// ones cannot hold.</summary>
    internal uint BucketCount { get; }

    internal int BaseBits { get; }

    internal long Bytes => this == Vacant ? 0 : (long)_block.Bytes;

    /// <summary>More slots than this must not be in use: 7/8.</summary>
    internal long MaxUsedSlots { get; private init; }

    /// <summary>A new table of so many buckets, its base as high as they allow.</summary>
    internal static IndexTable Create(uint bucketCount)
    {
        int bits = 63 - System.Numerics.BitOperations.LeadingZeroCount((ulong)bucketCount);
        return new IndexTable(bucketCount, bits - LeastBucketsPerBaseBits);
    }

    /// <summary>A table with another number of buckets for the entries of this one; null when its base does not go
    /// with that number, and the keys must be hashed again.</summary>
    internal IndexTable? TryCopy(uint bucketCount)
    {
        if (bucketCount >> (BaseBits + LeastBucketsPerBaseBits) == 0 ||
            bucketCount >> (BaseBits + MostBucketsPerBaseBits) != 0)
        {
            return null;
        }

        var copy = new IndexTable(bucketCount, BaseBits);
        for (uint bucket = 0; bucket < BucketCount + MaxDisplacement; bucket++)
        {
            ulong lowest = LowestQuotient(Math.Max(bucket, MaxDisplacement) - MaxDisplacement);
            ulong* slots = BucketAt(bucket);
            for (int i = 0; i < SlotsPerBucket; i++)
            {
                ulong word = slots[i];
                if (word > Removed &&
                    !copy.TryInsert(QuotientOf(word, lowest) << _quotientShift, word & PositionMask))
                {
                    copy.Dispose();
                    return null;
                }
            }
        }

        return copy;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong PositionOf(ulong word) => word & PositionMask;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong* BucketAt(uint bucket) => (ulong*)(_buckets + ((nuint)bucket * BucketBytes));

    /// <summary>Where entries with this fraction of the hash live at home.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal uint HomeOf(ulong fraction) =>
        (uint)Math.BigMul((fraction >> _quotientShift) << _quotientShift, BucketCount, out _);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong TagOf(ulong fraction) => (fraction >> _quotientShift) & ((1 << TagBits) - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool HasTag(ulong word, ulong tag) => word >> TagShift == tag;

    /// <summary>
    /// A slot that can take an entry with this fraction: one whose entry was removed, or else an empty one. Null
    /// when there is none near enough to its home, and the table must grow.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal ulong* FindFree(ulong fraction)
    {
        ulong* end = BucketAt(HomeOf(fraction) + MaxDisplacement + 1);
        for (ulong* slot = BucketAt(HomeOf(fraction)); slot < end; slot++)
        {
            if (*slot <= Removed)
            {
                return slot;
            }
        }

        return null;
    }

    /// <summary>The word of an entry: for a new slot where <see cref="FindFree"/> found it, or for one that holds
    /// another position of the same key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong WordOf(ulong fraction, ulong position) => (TagOf(fraction) << TagShift) | position;

    /// <summary>Inserts an entry into a table that nobody else sees yet; false when there is no room for it near enough
    /// to its home.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal bool TryInsert(ulong fraction, ulong position)
    {
        ulong* slot = FindFree(fraction);
        if (slot == null)
        {
            return false;
        }

        *slot = WordOf(fraction, position);
        return true;
    }

    /// <summary>Inserts entries into a new table; false when there is no room for one of them near enough to its home.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal bool TryFill(ReadOnlySpan<IndexEntry> entries)
    {
        foreach (ref readonly IndexEntry entry in entries)
        {
            if (!TryInsert(entry.Fraction, entry.Position))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// The least fraction that an entry in this bucket can have; what it has is the first from there on whose
    /// quotient ends in its tag.
    /// </summary>
    internal ulong FractionOf(ulong word, uint bucket) =>
        QuotientOf(word, LowestQuotient(Math.Max(bucket, MaxDisplacement) - MaxDisplacement)) << _quotientShift;

    /// <summary>The lowest fraction whose home is this bucket.</summary>
    internal ulong LowestFraction(uint home) => LowestQuotient(home) << _quotientShift;

    public void Dispose()
    {
        if (this != Vacant)
        {
            _block.Dispose();
        }
    }

    private static ulong QuotientOf(ulong word, ulong lowest) =>
        lowest + (((word >> TagShift) - lowest) & ((1UL << TagBits) - 1));

    /// <summary>The lowest quotient whose home is this bucket: ceil(bucket * 2^(baseBits + 16) / buckets).</summary>
    private ulong LowestQuotient(uint bucket) =>
        bucket >> (64 - (BaseBits + TagBits)) == 0
            ? (((ulong)bucket << (BaseBits + TagBits)) + BucketCount - 1) / BucketCount
            : (ulong)((((UInt128)bucket << (BaseBits + TagBits)) + BucketCount - 1) / BucketCount);
}
