using System.Runtime.CompilerServices;

namespace Kvs.Bench.Workloads;

/// <summary>Whose operations a source chooses: one of several, each of which may talk to one of several servers.
/// </summary>
/// <param name="Seat">Which one it is of all, from 0.</param>
/// <param name="Seats">How many there are.</param>
/// <param name="Shard">The server that it talks to, from 0.</param>
/// <param name="Shards">How many servers share the keys.</param>
internal readonly record struct SourcePlace(int Seat, int Seats, int Shard = 0, int Shards = 1)
{
    /// <summary>Which one it is of those that talk to the same server. Seats take the servers by turns.</summary>
    internal int Index => Seat / Shards;

    /// <summary>How many talk to the same server.</summary>
    internal int Count => ((Seats - 1 - Shard) / Shards) + 1;

    /// <summary>Whether the key with a number belongs to the server.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool Owns(long number) => Shards == 1 || (int)(ValuePattern.TagOf(number) % (uint)Shards) == Shard;
}
