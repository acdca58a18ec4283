using Kvs.Index;

namespace Kvs.Writes;

/// <summary>
/// A batch in the order in which it is written: by the hashes of its keys, and so by partition, which is the order in
/// which the partitions' locks are taken. Of several writes of one key only the last is left.
/// </summary>
internal sealed class BatchPlan
{
    private readonly Step[] _steps;

    internal BatchPlan(WriteBatch batch, StoreIndex index)
    {
        Batch = batch;
        _steps = new Step[batch.Count];
        for (int i = 0; i < _steps.Length; i++)
        {
            WriteBatch.Item item = batch.Items[i];
            ulong hash = index.HashOf(batch.KeyOf(item));
            int partition = index.PartitionOf(hash, out ulong fraction);
            _steps[i] = new Step(item, i, hash, partition, fraction);
        }

        Array.Sort(_steps, static (a, b) =>
            a.Hash != b.Hash ? a.Hash.CompareTo(b.Hash) : a.Number.CompareTo(b.Number));
        for (int i = 0; i < _steps.Length; i++)
        {
            _steps[i].IsLast = _steps[i].Item.Kind != WriteBatch.ItemKind.Require && !IsOverwritten(i);
        }

        Partitions = [.. _steps.Select(step => step.Partition).Distinct()];
    }

    internal WriteBatch Batch { get; }

    /// <summary>The partitions that the batch touches, ascending.</summary>
    internal int[] Partitions { get; }

    internal Span<Step> Steps => _steps;

    internal ReadOnlySpan<byte> KeyOf(in Step step) => Batch.KeyOf(step.Item);

    private bool IsOverwritten(int at)
    {
        for (int later = at + 1; later < _steps.Length && _steps[later].Hash == _steps[at].Hash; later++)
        {
            if (_steps[later].Item.Kind != WriteBatch.ItemKind.Require &&
                KeyOf(_steps[later]).SequenceEqual(KeyOf(_steps[at])))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>One entry of the batch.</summary>
    internal struct Step(WriteBatch.Item item, int number, ulong hash, int partition, ulong fraction)
    {
        internal readonly WriteBatch.Item Item = item;

        /// <summary>Its place in the batch.</summary>
        internal readonly int Number = number;

        internal readonly ulong Hash = hash;
        internal readonly int Partition = partition;
        internal readonly ulong Fraction = fraction;

        /// <summary>Whether it is the last write of its key in the batch.</summary>
        internal bool IsLast;

        /// <summary>Whether it has a record in the log; a removal of a key that is not there has none. Decided under
        /// the partition's lock.</summary>
        internal bool IsWritten;

        /// <summary>Where its record begins, from the start of the batch's room.</summary>
        internal uint Offset;
    }
}
