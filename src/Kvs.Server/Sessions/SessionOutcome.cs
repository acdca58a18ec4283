namespace Kvs.Server.Sessions;

/// <summary>Why a session stopped taking requests off its input.</summary>
internal enum SessionOutcome
{
    /// <summary>Every complete request has been executed.</summary>
    NeedsInput,

    /// <summary>Enough replies are gathered; there may be more requests. Flush and come back.</summary>
    OutputFull,

    /// <summary>The last reply has been written; nothing more may be executed.</summary>
    Closing,
}
