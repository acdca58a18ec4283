using Kvs.Protocol.Resp;

namespace Kvs.Server.Sessions.Resp.Commands;

/// <summary>Moments at which keys expire, as requests name them.</summary>
internal static class Expiry
{
    private const long MsPerSecond = 1000;

    private static readonly long LatestMs = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>Reads a moment or a time that begins now; false where it is none, and the reply says so.</summary>
    internal static bool TryParse(
        RespSession session, ReadOnlySpan<byte> text, bool isSeconds, bool isRelative, string command,
        out DateTimeOffset moment)
    {
        moment = default;
        if (!RespNumber.TryParse(text, out long time))
        {
            session.Reply.Error(RespErrors.NotInteger);
            return false;
        }

        if (time <= 0 || !TryMakeMoment(time, isSeconds, isRelative, out moment))
        {
            session.Reply.Error(RespErrors.InvalidExpiry(command));
            return false;
        }

        return true;
    }

    /// <summary>The moment that is meant; false where it lies beyond what Redis can count.</summary>
    /// <remarks>What lies behind the last moment that there is here, in the year 9999, becomes that one.</remarks>
    internal static bool TryMakeMoment(long time, bool isSeconds, bool isRelative, out DateTimeOffset moment)
    {
        moment = default;
        if (isSeconds && time is > long.MaxValue / MsPerSecond or < long.MinValue / MsPerSecond)
        {
            return false;
        }

        long timeMs = isSeconds ? time * MsPerSecond : time;
        long baseMs = isRelative ? RespClock.NowMs : 0;
        if (timeMs > long.MaxValue - baseMs)
        {
            return false;
        }

        moment = DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(timeMs + baseMs, 0, LatestMs));
        return true;
    }
}
