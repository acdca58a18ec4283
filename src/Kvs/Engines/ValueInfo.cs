namespace Kvs;

/// <summary>What a get can say about a value besides its bytes.</summary>
/// <param name="Bytes">The value's length.</param>
/// <param name="Version">The number of the write that stored it: higher than that of every earlier write of the key,
/// and never 0. What conditional writes compare.</param>
/// <param name="ExpiryMilliseconds">The moment from which on the key is not there any more, in Unix milliseconds; 0 for
/// never.</param>
public readonly record struct ValueInfo(int Bytes, ulong Version, long ExpiryMilliseconds)
{
    /// <summary>The moment from which on the key is not there any more; null for never.</summary>
    public DateTimeOffset? ExpiresAt =>
        ExpiryMilliseconds == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(ExpiryMilliseconds);
}
