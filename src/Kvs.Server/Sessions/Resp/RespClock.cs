namespace Kvs.Server.Sessions.Resp;

/// <summary>The time as the commands count it.</summary>
internal static class RespClock
{
    /// <summary>Unix milliseconds.</summary>
    internal static long NowMs => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
}
