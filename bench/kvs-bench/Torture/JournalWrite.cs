using System.Runtime.CompilerServices;

namespace Kvs.Bench.Torture;

/// <summary>One write as a <see cref="Journal"/> has it: of one key, or a batch of several. 64 bytes.</summary>
internal struct JournalWrite
{
    /// <summary>The most keys of a batch.</summary>
    internal const int MaxKeys = 5;

    /// <summary>A moment before the call.</summary>
    internal long Begin;

    /// <summary>A moment after it; only where it is counted as acknowledged.</summary>
    internal long End;

    /// <summary>How many keys it changes.</summary>
    internal long Keys;

    /// <summary>The keys, and what they get.</summary>
    internal Changes All;

    /// <summary>The changes of a write; some of them unused.</summary>
    [InlineArray(MaxKeys)]
    internal struct Changes
    {
        private Change _first;
    }

    /// <summary>What a key gets.</summary>
    /// <param name="Key">The key's number among those of all writers.</param>
    /// <param name="IsRemove">Whether it is removed; set to the write's version otherwise.</param>
    internal readonly record struct Change(int Key, int IsRemove);
}
