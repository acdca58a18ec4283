using Kvs.Protocol.Binary;

namespace Kvs.Server.Sessions;

/// <summary>The writes of the binary protocol, each one's flags and fields included. None waits for a sync: whoever
/// calls them holds the answer back where <see cref="NeedsSync"/> says so.</summary>
/// <remarks>Any thread may call any member.</remarks>
internal sealed class BinaryWrites(ServerContext context)
{
    private static readonly ulong LongestTimeMs = (ulong)TimeSpan.MaxValue.TotalMilliseconds;
    private static readonly ulong LastMomentMs = (ulong)DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    private readonly IKvsEngine _engine = context.Engine;

    /// <summary>Whether a write that was made may be answered only after a sync.</summary>
    /// <param name="fields">The write's own.</param>
    /// <param name="whole">What the batch that it is in asks for.</param>
    internal bool NeedsSync(in RequestFields fields, Durability? whole = null) =>
        Level(fields, whole) is { } level ? level == Durability.Disk : context.SyncsBeforeReplying;

    internal BinaryAnswer Set(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, in RequestFields fields, Durability? whole = null)
    {
        WriteResult result = _engine.TrySet(key, value, Options(fields, whole));
        if (!result.IsDone)
        {
            return new BinaryAnswer(ReplyStatus.ConditionFailed, Number: result.Version);
        }

        return new BinaryAnswer(
            ReplyStatus.Ok, IsWritten: true, fields.Has(RequestFlags.SaysVersion) ? result.Version : null);
    }

    internal BinaryAnswer Remove(ReadOnlySpan<byte> key, in RequestFields fields, Durability? whole = null)
    {
        WriteResult result = _engine.TryRemove(key, Options(fields, whole));
        if (result.IsDone)
        {
            return new BinaryAnswer(ReplyStatus.Ok, IsWritten: true);
        }

        return result.Version == 0
            ? new BinaryAnswer(ReplyStatus.NotFound)
            : new BinaryAnswer(ReplyStatus.ConditionFailed, Number: result.Version);
    }

    internal BinaryAnswer Increment(
        ReadOnlySpan<byte> key, long delta, in RequestFields fields, Durability? whole = null)
    {
        long sum = _engine.Increment(key, delta, Options(fields, whole));
        return new BinaryAnswer(ReplyStatus.Ok, IsWritten: true, (ulong)sum);
    }

    internal BinaryAnswer Write(WriteBatch batch, in RequestFields fields) =>
        _engine.TryWrite(batch, Options(fields, whole: null).Durability)
            ? new BinaryAnswer(ReplyStatus.Ok, IsWritten: batch.Count > 0)
            : new BinaryAnswer(ReplyStatus.ConditionFailed);

    /// <summary>A moment of the protocol; one beyond the calendar is its last.</summary>
    internal static DateTimeOffset Moment(ulong unixMs) =>
        DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Min(unixMs, LastMomentMs));

    private static Durability? Level(in RequestFields fields, Durability? whole) =>
        fields.Has(RequestFlags.Durability) ? fields.Durability : whole;

    private WriteOptions Options(in RequestFields fields, Durability? whole)
    {
        if (fields.Flags == RequestFlags.None && whole is null)
        {
            return context.UnsyncedWrite;
        }

        return new WriteOptions
        {
            Durability = NeedsSync(fields, whole) ? Durability.Process : Level(fields, whole),
            Condition = fields.Has(RequestFlags.IfVersion) ? WriteCondition.IfVersion(fields.Version)
                : fields.Has(RequestFlags.IfPresent) ? WriteCondition.IfPresent
                : default,
            ExpiresAt = fields.Has(RequestFlags.ExpiresAt) ? Moment(fields.ExpiryMs) : null,
            ExpiresIn = fields.Has(RequestFlags.ExpiresIn)
                ? TimeSpan.FromMilliseconds((long)Math.Min(fields.ExpiryMs, LongestTimeMs))
                : null,
            KeepsExpiry = fields.Has(RequestFlags.KeepsExpiry),
        };
    }
}
