namespace Kvs.Protocol.Binary;

/// <summary>What a decoder found at the start of its input.</summary>
public enum DecodeResult
{
    /// <summary>Nothing complete: more bytes are needed.</summary>
    NeedsMore,

    /// <summary>A complete frame.</summary>
    Frame,

    /// <summary>No frame of this protocol. No later byte of the connection means anything.</summary>
    BadMagic,

    /// <summary>A frame whose announced length is beyond the limit. Nothing was allocated for it.</summary>
    TooLong,
}
