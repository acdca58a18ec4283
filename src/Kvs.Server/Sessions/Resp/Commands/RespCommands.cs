namespace Kvs.Server.Sessions.Resp.Commands;

/// <summary>All commands of the Redis protocol that this server knows.</summary>
internal static class RespCommands
{
    /// <summary>The table by which requests find their command, and COMMAND describes them.</summary>
    internal static CommandTable Table { get; } = new(
    [
        .. ConnectionCommands.All,
        .. StringCommands.All,
        .. NumberCommands.All,
        .. RangeCommands.All,
        .. ManyKeysCommands.All,
        .. KeyCommands.All,
        .. ExpiryCommands.All,
        .. IterationCommands.All,
        .. TransactionCommands.All,
        .. PersistenceCommands.All,
        .. ServerCommands.All,
    ]);
}
