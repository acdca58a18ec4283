namespace Kvs.Server.Sessions.Resp;

/// <summary>Redis's words for what a request may have wrong, where more than one command says them.</summary>
internal static class RespErrors
{
    internal static ReadOnlySpan<byte> Syntax => "ERR syntax error"u8;

    internal static ReadOnlySpan<byte> NotInteger => "ERR value is not an integer or out of range"u8;

    internal static ReadOnlySpan<byte> NotFloat => "ERR value is not a valid float"u8;

    internal static ReadOnlySpan<byte> NoSuchKey => "ERR no such key"u8;

    internal static ReadOnlySpan<byte> Overflow => "ERR increment or decrement would overflow"u8;

    internal static string PatternTooLong =>
        $"ERR the pattern is too long: from its first special character on, the limit is {Glob.MaxSpecialBytes} bytes";

    internal static string NotAuthenticated => "NOAUTH Authentication required.";

    internal static ReadOnlySpan<byte> WrongPassword =>
        "WRONGPASS invalid username-password pair or user is disabled."u8;

    internal static string WrongArity(string command) => $"ERR wrong number of arguments for '{command}' command";

    internal static string InvalidExpiry(string command) => $"ERR invalid expire time in '{command}' command";
}
