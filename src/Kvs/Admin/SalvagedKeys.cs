using Kvs.Index;
using Kvs.Log;

namespace Kvs.Admin;

/// <summary>A key, as a footer's entry stands for it: two hashes.</summary>
internal readonly record struct KeyId(ulong Hash, ulong Check)
{
    internal static KeyId Of(ReadOnlySpan<byte> key, in KeySeeds seeds) =>
        Of(FooterEntry.Of(key, seeds, sequence: 0, offset: 0, length: 0, isTombstone: false, expires: false));

    internal static KeyId Of(in FooterEntry entry) => new(entry.Hash, FooterEntry.CheckOf(entry.Details));
}

/// <summary>The latest write of a key that was found.</summary>
/// <param name="Segment">Which of the segments that were read.</param>
/// <param name="Offset">Where in it.</param>
/// <param name="Sequence">Its number.</param>
/// <param name="IsPut">Whether it set the key.</param>
internal readonly record struct LatestWrite(int Segment, uint Offset, ulong Sequence, bool IsPut);

/// <summary>A write that is known, and cannot be read or may not count.</summary>
/// <param name="Segment">Which of the segments that were read.</param>
/// <param name="Offset">Where in it.</param>
/// <param name="Sequence">Its number.</param>
/// <param name="IsPut">Whether it set the key.</param>
/// <param name="IsOfDamagedBatch">Whether it may not count because its batch is not whole.</param>
/// <param name="Key">The key, where it can be read.</param>
internal sealed record LostWrite(
    int Segment, uint Offset, ulong Sequence, bool IsPut, bool IsOfDamagedBatch, byte[]? Key);

/// <summary>
/// The latest write of each key: the one with the highest sequence number wins, wherever it lies. About 70 bytes of
/// memory for each key. One thread.
/// </summary>
internal sealed class SalvagedKeys
{
    private readonly Dictionary<KeyId, LatestWrite> _latest = [];
    private readonly Dictionary<KeyId, LostWrite> _lost = [];

    /// <summary>All latest writes that set their key.</summary>
    internal IEnumerable<LatestWrite> Puts => _latest.Values.Where(write => write.IsPut);

    /// <summary>Takes a write.</summary>
    internal void Add(KeyId key, LatestWrite write)
    {
        if (!_latest.TryGetValue(key, out LatestWrite latest) || latest.Sequence < write.Sequence)
        {
            _latest[key] = write;
        }
    }

    /// <summary>Takes a write that is lost.</summary>
    internal void AddLost(KeyId key, LostWrite lost)
    {
        if (!_lost.TryGetValue(key, out LostWrite? latest) || latest.Sequence < lost.Sequence)
        {
            _lost[key] = lost;
        }
    }

    /// <summary>The lost writes that are later than all that were found of their keys, and these. A write of the same
    /// number is a copy.</summary>
    internal IEnumerable<(LostWrite Lost, LatestWrite? Found)> LostLatest()
    {
        foreach ((KeyId key, LostWrite lost) in _lost)
        {
            bool isFound = _latest.TryGetValue(key, out LatestWrite found);
            if (!isFound || found.Sequence < lost.Sequence)
            {
                yield return (lost, isFound && found.IsPut ? found : null);
            }
        }
    }
}
