using Kvs.Index;
using Kvs.Log;

namespace Kvs.Writes;

/// <summary>One set or remove on its way into the store, and what became of it.</summary>
internal ref struct SingleWrite
{
    internal required FrameKind Kind { get; init; }

    internal required ReadOnlySpan<byte> Key { get; init; }

    /// <summary>What is stored; of an increment, known once the present number is.</summary>
    internal ReadOnlySpan<byte> Value { get; set; }

    internal WriteCondition Condition { get; init; }

    /// <summary>The moment from which on the key is not there any more, in Unix milliseconds; 0 for never.</summary>
    internal long Expiry { get; set; }

    internal bool KeepsExpiry { get; init; }

    /// <summary>Whether this is the removal of a key that has expired: it needs nobody else's room.</summary>
    internal bool IsSweep { get; init; }

    /// <summary>Of an increment, room for its number; else empty.</summary>
    internal Span<byte> Number { get; init; }

    /// <summary>Of an increment, what is added.</summary>
    internal long Delta { get; init; }

    /// <summary>A large record that lies in a segment of its own already, all but its stamp.</summary>
    internal PreparedRecord? Prepared { get; set; }

    /// <summary>The version that the write gave, or the one that stood in its way.</summary>
    internal ulong Version { get; set; }

    /// <summary>The epoch that the write is stamped with.</summary>
    internal ulong Epoch { get; set; }

    /// <summary>Of an increment, the sum.</summary>
    internal long Sum { get; private set; }

    /// <summary>Whether it makes no difference what is stored under the key.</summary>
    internal readonly bool IsBlind =>
        Kind == FrameKind.Put && Condition == default && !KeepsExpiry && Number.IsEmpty;

    internal readonly uint RecordBytes =>
        Prepared?.Length ?? (uint)Frame.RecordBytes(Key.Length, Value.Length, Expiry != 0);

    /// <summary>Looks at what is stored; false when the write is not to be made.</summary>
    /// <param name="isThere">Whether the key is there, and not expired.</param>
    /// <param name="present">Its record, if it is.</param>
    internal bool Decide(bool isThere, in FoundRecord present)
    {
        Version = isThere ? present.Version : 0;
        if (!Condition.Holds(Version) || (Kind == FrameKind.Remove && !isThere))
        {
            return false;
        }

        if (KeepsExpiry)
        {
            Expiry = isThere ? present.Expiry : 0;
        }

        if (!Number.IsEmpty)
        {
            Sum = isThere ? StoredNumber.Add(Key, present.Value, Delta) : Delta;
            Value = Number[..StoredNumber.Write(Sum, Number)];
        }

        return true;
    }
}
