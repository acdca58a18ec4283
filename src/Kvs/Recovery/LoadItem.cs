using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Kvs.Index;
using Kvs.Log;

namespace Kvs.Recovery;

/// <summary>An entry of a footer, and the segment that it is from, while the index is loaded.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct LoadItem(in FooterEntry entry, int source) : IHashed<LoadItem>
{
    private readonly ulong _hash = entry.Hash;
    private readonly ulong _sequence = entry.Sequence;
    private readonly ulong _details = entry.Details;

    public ulong Hash => _hash;

    internal ulong Details => _details;

    /// <summary>Which of the segments that are loaded.</summary>
    internal int Source => source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsOfSameKeyAs(in LoadItem other) =>
        _hash == other._hash && FooterEntry.CheckOf(_details) == FooterEntry.CheckOf(other._details);

    /// <summary>The records of a key together, the latest first; copies of one, which compaction makes, in any
    /// order that is one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsBefore(in LoadItem a, in LoadItem b)
    {
        if (a._hash != b._hash)
        {
            return a._hash < b._hash;
        }

        ulong checkOfA = FooterEntry.CheckOf(a._details), checkOfB = FooterEntry.CheckOf(b._details);
        if (checkOfA != checkOfB)
        {
            return checkOfA < checkOfB;
        }

        if (a._sequence != b._sequence)
        {
            return a._sequence > b._sequence;
        }

        return a.Source != b.Source ? a.Source < b.Source : a._details < b._details;
    }
}
