using System.Security.Cryptography;
using Kvs.Index;

namespace Kvs.Log;

/// <summary>What makes a store's bytes its own: an id, and a secret that seeds the hash of its keys and salts its
/// checksums. Nobody who can only write values can make bytes that pass for a record.</summary>
internal readonly record struct LogSecret(ulong StoreId, ulong Secret)
{
    private const ulong SaltStep = 0x9E6C63D0876A9A47;

    internal static LogSecret MakeRandom()
    {
        Span<byte> random = stackalloc byte[2 * sizeof(ulong)];
        RandomNumberGenerator.Fill(random);
        return new LogSecret(BitConverter.ToUInt64(random), BitConverter.ToUInt64(random[sizeof(ulong)..]));
    }

    /// <summary>The seed of <see cref="KeyHash"/>.</summary>
    internal ulong HashSeed => Secret;

    /// <summary>What the checksums of one segment begin from.</summary>
    internal uint SaltOf(ulong segmentId)
    {
        ulong mixed = KeyHash.Fold(Secret ^ SaltStep, (segmentId * SaltStep) ^ StoreId);
        return (uint)(mixed ^ (mixed >> 32));
    }
}
