namespace Kvs.Protocol.Binary;

/// <summary>Bits in a request's header, and in an operation of a batch: what it says beyond its operation. Those that
/// have fields bring them at the start of the body, in the order of the bits.</summary>
[Flags]
public enum RequestFlags : ushort
{
    /// <summary>Nothing more to say.</summary>
    None = 0,

    /// <summary>Field <c>durability:u8</c>: what the write must have reached when it is answered.</summary>
    Durability = 1 << 0,

    /// <summary>Field <c>version:u64</c>: write only if the key has this version; 0 is that of a key that is not
    /// there.</summary>
    IfVersion = 1 << 1,

    /// <summary>Write only if the key is there.</summary>
    IfPresent = 1 << 2,

    /// <summary>Field <c>expires-at:u64</c>: the key is gone from then on, in Unix milliseconds.</summary>
    ExpiresAt = 1 << 3,

    /// <summary>Field <c>expires-in:u64</c>: the key is gone after so many milliseconds, at least 1.</summary>
    ExpiresIn = 1 << 4,

    /// <summary>A key that expires keeps its moment.</summary>
    KeepsExpiry = 1 << 5,

    /// <summary>The reply says the version, and of a value that was read the expiry as well.</summary>
    SaysVersion = 1 << 6,

    /// <summary>A scan leaves the values of its entries empty.</summary>
    KeysOnly = 1 << 7,
}
