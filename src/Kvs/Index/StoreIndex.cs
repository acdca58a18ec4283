using System.Runtime.CompilerServices;
using Kvs.Log;

namespace Kvs.Index;

/// <summary>
/// Where each key's latest record lies: partitions by hash. The hash of a key, read as a fraction, gives its partition
/// (the integer part of hash times partitions) and its place in the partition's table (what is left), so the order
/// of partitions and homes is the order of hashes, whatever the numbers of both: that is what a scan's cursor is.
/// </summary>
/// <remarks>Thread-safe as <see cref="Partition"/> is.</remarks>
internal sealed class StoreIndex : IDisposable
{
    private readonly Partition[] _partitions;
    private readonly ulong _hashSeed;
    private bool _hasLoadedExpiring;

    /// <summary>Makes an empty index.</summary>
    internal StoreIndex(SegmentTable segments, Reclaimer reclaimer, ulong hashSeed, int partitions)
    {
        _hashSeed = hashSeed;
        _partitions = new Partition[partitions];
        for (int i = 0; i < partitions; i++)
        {
            _partitions[i] = new Partition(segments, reclaimer, hashSeed, partitions);
        }
    }

    /// <summary>Whether records were loaded, when the store was opened, that expire.</summary>
    internal bool HasLoadedExpiring => Volatile.Read(ref _hasLoadedExpiring);

    internal void NoteExpiring() => Volatile.Write(ref _hasLoadedExpiring, true);

    internal IReadOnlyList<Partition> Partitions => _partitions;

    /// <summary>The seeds of the hashes that go into footers.</summary>
    internal KeySeeds Seeds => KeySeeds.Of(_hashSeed);

    /// <summary>The partition of a key, and the key's place in it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Partition Locate(ReadOnlySpan<byte> key, out ulong fraction) =>
        _partitions[Math.BigMul(KeyHash.Compute(key, _hashSeed), (ulong)_partitions.Length, out fraction)];

    /// <summary>The same for a hash that is known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Partition Locate(ulong hash, out ulong fraction) =>
        _partitions[Math.BigMul(hash, (ulong)_partitions.Length, out fraction)];

    internal ulong HashOf(ReadOnlySpan<byte> key) => KeyHash.Compute(key, _hashSeed);

    /// <summary>The partition that a hash falls into, and the place in it.</summary>
    internal int PartitionOf(ulong hash, out ulong fraction) =>
        (int)Math.BigMul(hash, (ulong)_partitions.Length, out fraction);

    /// <summary>The lowest hash that falls on or behind a place.</summary>
    internal ulong LowestHash(int partition, ulong fraction)
    {
        UInt128 scaled = new UInt128((ulong)partition, fraction);
        var count = (UInt128)(ulong)_partitions.Length;
        return (ulong)((scaled + count - 1) / count);
    }

    /// <summary>Frees the tables. Only when nobody uses the store any more.</summary>
    public void Dispose() => Array.ForEach(_partitions, partition => partition.FreeTable());
}
