namespace Kvs.Server.Sessions.Resp;

/// <summary>What COMMAND says of a command, in the order in which it says it. Clients go by it when they choose a
/// server for a request; the server itself goes by few.</summary>
[Flags]
internal enum CommandFlags
{
    None = 0,
    Write = 1,
    ReadOnly = 1 << 1,

    /// <summary>Needs memory.</summary>
    DenyOom = 1 << 2,
    Admin = 1 << 3,
    NoScript = 1 << 4,
    Loading = 1 << 5,
    Stale = 1 << 6,
    SkipSlowLog = 1 << 7,
    Fast = 1 << 8,

    /// <summary>May be sent before the client has said who it is.</summary>
    NoAuth = 1 << 9,
    NoAsyncLoading = 1 << 10,

    /// <summary>May not be part of a transaction.</summary>
    NoMulti = 1 << 11,
    AllowBusy = 1 << 12,

    /// <summary>Executed at once in a transaction as well, being about it or about the connection. COMMAND does not say
    /// it.</summary>
    NotQueued = 1 << 13,
}
