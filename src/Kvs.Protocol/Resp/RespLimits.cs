namespace Kvs.Protocol.Resp;

/// <summary>What a client may ask of a server's memory. Checked before anything is allocated.</summary>
/// <param name="MaxArguments">The most arguments of a request.</param>
/// <param name="MaxBulkBytes">The longest argument, in bytes.</param>
/// <param name="MaxRequestBytes">The longest request that lies in several pieces of the input, in bytes.</param>
/// <param name="IsAuthenticated">Whether the client has said who it is. Where it has not, it may send no more than what
/// it takes to do so, and is told that this is the reason.</param>
public readonly record struct RespLimits(
    int MaxArguments, int MaxBulkBytes, int MaxRequestBytes, bool IsAuthenticated = true)
{
    /// <summary>The most arguments of a request, the command's name among them.</summary>
    public const int HighestMaxArguments = 1024 * 1024;

    /// <summary>The longest line: an inline command, or a length.</summary>
    public const int MaxLineBytes = 64 * 1024;

    /// <summary>The most arguments of a request before authentication: what HELLO with all its options has.</summary>
    public const int MaxArgumentsBeforeAuthentication = 10;

    /// <summary>The longest argument before authentication, in bytes: any password.</summary>
    public const int MaxBulkBytesBeforeAuthentication = 16 * 1024;

    /// <summary>What a request of many arguments may have beyond the longest value, in bytes: as much as the largest
    /// batch of writes.</summary>
    public const int MaxFurtherBytes = 64 * 1024 * 1024;

    /// <summary>The limits of a server over a store.</summary>
    public static RespLimits Of(Limits limits, bool isAuthenticated)
    {
        ArgumentNullException.ThrowIfNull(limits);

        // What may be in a request at all may be a key as well as a value.
        int maxBulkBytes = Math.Max(limits.MaxValueBytes, limits.MaxKeyBytes);
        return new RespLimits(HighestMaxArguments, maxBulkBytes, maxBulkBytes + MaxFurtherBytes, isAuthenticated);
    }
}
