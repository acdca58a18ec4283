namespace Kvs.Index;

/// <summary>The seeds of the two hashes of a key that are kept on disk. Each follows from the store's secret.</summary>
/// <param name="Hash">Of the hash that finds a key's partition and its place there.</param>
/// <param name="Check">Of the hash that tells keys apart whose first hash is the same.</param>
internal readonly record struct KeySeeds(ulong Hash, ulong Check)
{
    private const ulong CheckMask = 0x8EBC6AF09C88C6E3;
    private const ulong CheckFactor = 0x589965CC75374CC3;

    internal static KeySeeds Of(ulong secret) => new(secret, KeyHash.Fold(secret ^ CheckMask, CheckFactor));
}
