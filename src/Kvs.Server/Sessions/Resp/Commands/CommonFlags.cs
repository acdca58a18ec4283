namespace Kvs.Server.Sessions.Resp.Commands;

/// <summary>Flags that many commands have together.</summary>
internal static class CommonFlags
{
    internal const CommandFlags FastRead = CommandFlags.ReadOnly | CommandFlags.Fast;

    internal const CommandFlags Write = CommandFlags.Write | CommandFlags.DenyOom;

    internal const CommandFlags FastWrite = Write | CommandFlags.Fast;

    internal const CommandFlags Any = CommandFlags.Loading | CommandFlags.Stale;

    internal const CommandFlags AnyNoScript = Any | CommandFlags.NoScript;

    internal const CommandFlags Administration = AnyNoScript | CommandFlags.Admin;

    internal const CommandFlags FastNoScript = AnyNoScript | CommandFlags.Fast | CommandFlags.AllowBusy;

    internal const CommandFlags Handshake = FastNoScript | CommandFlags.NoAuth;
}
