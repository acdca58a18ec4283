namespace Kvs.Protocol.Resp;

/// <summary>What became of the reading of a request.</summary>
internal enum ParseResult
{
    /// <summary>The bytes end before it does.</summary>
    NeedsMore,

    /// <summary>It is complete. It may have no arguments, and is then to be passed over.</summary>
    Complete,

    /// <summary>It is a complete line of words.</summary>
    Inline,

    /// <summary>It is none.</summary>
    Broken,
}
