namespace Kvs.Client;

/// <summary>A value, and what the server says about it.</summary>
/// <param name="Bytes">The value's bytes.</param>
/// <param name="Info">Length, version and expiry.</param>
public readonly record struct KvsValue(byte[] Bytes, ValueInfo Info)
{
    /// <summary>What conditional writes compare.</summary>
    public ulong Version => Info.Version;

    /// <summary>The moment from which on the key is not there any more; null for never.</summary>
    public DateTimeOffset? ExpiresAt => Info.ExpiresAt;
}
