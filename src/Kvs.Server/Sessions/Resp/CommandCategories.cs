namespace Kvs.Server.Sessions.Resp;

/// <summary>The categories that COMMAND names for a command, in its order.</summary>
[Flags]
internal enum CommandCategories
{
    None = 0,
    Keyspace = 1,
    Read = 1 << 1,
    Write = 1 << 2,
    String = 1 << 3,
    Admin = 1 << 4,
    Fast = 1 << 5,
    Slow = 1 << 6,
    Dangerous = 1 << 7,
    Connection = 1 << 8,
    Transaction = 1 << 9,
}
