using Kvs.Protocol.Binary;

namespace Kvs.Client;

/// <summary>Puts write options into words of the protocol.</summary>
internal static class WriteFields
{
    /// <summary>The fields of a write.</summary>
    /// <exception cref="ArgumentException">The options contradict each other.</exception>
    internal static RequestFields Of(in WriteOptions options, bool saysVersion = false)
    {
        // Throws for what no engine would do.
        _ = options.ExpiryAt(TimeProvider.System);
        RequestFlags flags = saysVersion ? RequestFlags.SaysVersion : RequestFlags.None;
        flags |= options.Durability is null ? RequestFlags.None : RequestFlags.Durability;
        flags |= options.Condition.IsPresence ? RequestFlags.IfPresent : RequestFlags.None;
        flags |= options.Condition.Version is null ? RequestFlags.None : RequestFlags.IfVersion;
        flags |= options.KeepsExpiry ? RequestFlags.KeepsExpiry : RequestFlags.None;
        ulong expiryMs = 0;
        if (options.ExpiresAt is { } moment)
        {
            flags |= RequestFlags.ExpiresAt;
            expiryMs = Moment(moment);
        }
        else if (options.ExpiresIn is { } time)
        {
            flags |= RequestFlags.ExpiresIn;
            expiryMs = (ulong)Math.Max(1, time.TotalMilliseconds);
        }

        return new RequestFields(
            flags, options.Durability ?? default, options.Condition.Version ?? 0, expiryMs);
    }

    /// <summary>A moment as the protocol has it; all up to 1970 are equally past.</summary>
    internal static ulong Moment(DateTimeOffset moment) => (ulong)Math.Max(1, moment.ToUnixTimeMilliseconds());
}
