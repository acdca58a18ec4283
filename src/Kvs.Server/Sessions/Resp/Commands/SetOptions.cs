using System.Text;
using Kvs.Protocol.Resp;

namespace Kvs.Server.Sessions.Resp.Commands;

/// <summary>The options of SET and of GETEX.</summary>
internal readonly record struct SetOptions
{
    internal const Option OfSet = Option.IfAbsent | Option.IfPresent | Option.Get | Option.KeepTtl | AllMoments;

    internal const Option OfGetEx = Option.Persist | AllMoments;

    private const Option AllMoments = Option.Ex | Option.Px | Option.ExAt | Option.PxAt;
    private const Option AllExpiries = AllMoments | Option.KeepTtl | Option.Persist;
    private const Option AllConditions = Option.IfAbsent | Option.IfPresent;

    /// <summary>What can be said, once each.</summary>
    [Flags]
    internal enum Option
    {
        None = 0,
        IfAbsent = 1,
        IfPresent = 1 << 1,
        Get = 1 << 2,
        KeepTtl = 1 << 3,
        Persist = 1 << 4,
        Ex = 1 << 5,
        Px = 1 << 6,
        ExAt = 1 << 7,
        PxAt = 1 << 8,
    }

    internal WriteCondition Condition { get; private init; }

    /// <summary>The argument that says when the key expires; 0 where none does.</summary>
    internal int Moment { get; private init; }

    internal bool KeepsExpiry { get; private init; }

    internal bool RemovesExpiry { get; private init; }

    internal bool AnswersValue { get; private init; }

    private bool IsSeconds { get; init; }

    private bool IsRelative { get; init; }

    /// <summary>Reads the options from an argument on; false where they are none, and the reply says so.</summary>
    internal static bool TryParse(
        RespSession session, scoped in RespRequest request, int first, Option allowed, out SetOptions options)
    {
        options = default;
        Option said = Option.None;
        int moment = 0;
        for (int i = first; i < request.Count; i++)
        {
            Option option = Read(request[i]) & allowed;
            said |= option;
            if ((option & AllMoments) != 0)
            {
                moment = ++i;
            }

            if (option == Option.None || i >= request.Count || HasSeveral(said & AllConditions) ||
                HasSeveral(said & AllExpiries))
            {
                session.Reply.Error(RespErrors.Syntax);
                return false;
            }
        }

        options = new SetOptions
        {
            Condition = (said & Option.IfAbsent) != 0 ? WriteCondition.IfAbsent
                : (said & Option.IfPresent) != 0 ? WriteCondition.IfPresent : default,
            Moment = moment,
            IsSeconds = (said & (Option.Ex | Option.ExAt)) != 0,
            IsRelative = (said & (Option.Ex | Option.Px)) != 0,
            KeepsExpiry = (said & Option.KeepTtl) != 0,
            RemovesExpiry = (said & Option.Persist) != 0,
            AnswersValue = (said & Option.Get) != 0,
        };
        return true;
    }

    /// <summary>Reads when the key expires, null for never; false where it cannot be understood, and the reply says so.
    /// </summary>
    internal bool TryReadExpiry(
        RespSession session, scoped in RespRequest request, string command, out DateTimeOffset? expiresAt)
    {
        expiresAt = null;
        if (Moment == 0)
        {
            return true;
        }

        bool isMoment = Expiry.TryParse(
            session, request[Moment], IsSeconds, IsRelative, command, out DateTimeOffset moment);
        expiresAt = moment;
        return isMoment;
    }

    private static Option Read(ReadOnlySpan<byte> word) =>
        Ascii.EqualsIgnoreCase(word, "nx"u8) ? Option.IfAbsent
        : Ascii.EqualsIgnoreCase(word, "xx"u8) ? Option.IfPresent
        : Ascii.EqualsIgnoreCase(word, "get"u8) ? Option.Get
        : Ascii.EqualsIgnoreCase(word, "keepttl"u8) ? Option.KeepTtl
        : Ascii.EqualsIgnoreCase(word, "persist"u8) ? Option.Persist
        : Ascii.EqualsIgnoreCase(word, "ex"u8) ? Option.Ex
        : Ascii.EqualsIgnoreCase(word, "px"u8) ? Option.Px
        : Ascii.EqualsIgnoreCase(word, "exat"u8) ? Option.ExAt
        : Ascii.EqualsIgnoreCase(word, "pxat"u8) ? Option.PxAt
        : Option.None;

    private static bool HasSeveral(Option options) => (options & (options - 1)) != 0;
}
