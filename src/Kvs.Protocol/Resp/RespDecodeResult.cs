namespace Kvs.Protocol.Resp;

/// <summary>What a decoder found at the start of its input.</summary>
public enum RespDecodeResult
{
    /// <summary>Nothing complete: more bytes are needed.</summary>
    NeedsMore,

    /// <summary>At least one request.</summary>
    Requests,

    /// <summary>No request. No later byte of the connection means anything.</summary>
    Broken,
}
