namespace Kvs.Protocol.Binary;

/// <summary>The constants of the binary protocol. <c>docs/PROTOCOL.md</c> is its description.</summary>
public static class BinaryProtocol
{
    /// <summary>
    /// The first byte of every request. Not ASCII, so that the first byte of a connection tells this protocol from
    /// the Redis protocol and from HTTP; not 0x16 either, with which TLS begins.
    /// </summary>
    public const byte RequestMagic = 0xDB;

    /// <summary>The first byte of every reply. Another than a request's, so that a peer that talks to itself, or two
    /// clients wired to each other, notice at once.</summary>
    public const byte ReplyMagic = 0xDC;

    /// <summary>The version of the protocol that this library speaks.</summary>
    public const ushort Version = 1;

    /// <summary>The length of a frame's header, in bytes.</summary>
    public const int HeaderBytes = 12;

    /// <summary>
    /// What a request's body may hold beside key and value, in bytes: lengths, and the optional fields that flags
    /// announce. Larger than version 1 needs, so that fields can be added without changing anybody's frame limit.
    /// </summary>
    public const int MaxFieldBytes = 64;

    /// <summary>The request id of a reply that answers no request: the server's own last words. A client gives its
    /// requests other numbers.</summary>
    public const uint NoRequest = 0;

    /// <summary>The lowest status that is an error, so that a client knows also of an error that is younger than
    /// itself that it is one.</summary>
    public const byte FirstErrorStatus = 16;

    /// <summary>
    /// The longest body of a request before the handshake, in bytes: whoever has not said who they are cannot make
    /// the server buffer a value.
    /// </summary>
    public const int MaxHelloBytes = 1024;

    /// <summary>The longest error message, in bytes of UTF-8: a message is for people, and no reply grows by what a
    /// request held.</summary>
    public const int MaxMessageBytes = 4096;

    /// <summary>The most entries in a page of a scan, so that the lengths beside the entries stay below 1
    /// MiB.</summary>
    public const int MaxScanEntries = 65536;

    /// <summary>A page of a scan ends when its keys and values reach so many bytes: large enough that the round trip
    /// does not matter, small beside what a connection may buffer.</summary>
    public const int MaxScanBytes = 1024 * 1024;

    /// <summary>What a request's body may be at least, however short values must be, in bytes: a batch of a good many
    /// operations.</summary>
    public const int MinMaxRequestBytes = 4 * 1024 * 1024;

    /// <summary>The answer to a batch comes in frames whose bodies are about so long, in bytes, or have one result that
    /// is longer: so that neither side has to hold the whole.</summary>
    public const int ResultsFrameBytes = 64 * 1024;

    /// <summary>The longest password, in bytes: with it, a handshake is well below
    /// <see cref="MaxHelloBytes"/>.</summary>
    public const int MaxPasswordBytes = 512;

    /// <summary>Whether a request failed.</summary>
    public static bool IsError(ReplyStatus status) => (byte)status >= FirstErrorStatus;

    /// <summary>The flags that say something about an operation, in a request of its own or in a batch.</summary>
    public static RequestFlags FlagsOf(Operation operation) => operation switch
    {
        Operation.Get or Operation.GetMany => RequestFlags.SaysVersion,
        Operation.Set => RequestFlags.Durability | RequestFlags.IfVersion | RequestFlags.IfPresent |
            RequestFlags.ExpiresAt | RequestFlags.ExpiresIn | RequestFlags.KeepsExpiry | RequestFlags.SaysVersion,
        Operation.Remove => RequestFlags.Durability | RequestFlags.IfVersion | RequestFlags.IfPresent,
        Operation.Increment => RequestFlags.Durability | RequestFlags.ExpiresAt | RequestFlags.ExpiresIn,
        Operation.Scan => RequestFlags.KeysOnly,
        Operation.Batch or Operation.AtomicBatch => RequestFlags.Durability,
        _ => RequestFlags.None,
    };

    /// <summary>The longest body of a request after the handshake, in bytes.</summary>
    public static uint MaxRequestBytes(Limits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        return Math.Max(
            (uint)limits.MaxKeyBytes + (uint)limits.MaxValueBytes + MaxFieldBytes, MinMaxRequestBytes);
    }

    /// <summary>The longest body of a reply, in bytes: a page of a scan that was nearly full when the longest entry
    /// came.</summary>
    public static uint MaxReplyBytes(Limits limits) =>
        MaxRequestBytes(limits) + MaxScanBytes + (MaxScanEntries * ReplyWriter.ScanEntryBytes);
}
