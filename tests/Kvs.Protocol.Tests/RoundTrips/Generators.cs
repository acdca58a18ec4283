using FsCheck;
using FsCheck.Fluent;
using Kvs.Protocol.Binary;
using Kvs.Testing;

namespace Kvs.Protocol.Tests;

/// <summary>Makes messages of the binary protocol, and what they consist of.</summary>
internal static class Generators
{
    /// <summary>Longer than any buffer that is made at once.</summary>
    private const int LongBytes = 5000;

    /// <summary>Where 32 and 64 bits end, with sign and without.</summary>
    private static readonly ulong[] s_boundaries =
        [0, 1, int.MaxValue, 1UL << 31, uint.MaxValue, 1UL << 32, long.MaxValue, 1UL << 63, ulong.MaxValue];

    internal static Gen<ulong> Numbers { get; } = Gen.OneOf(
        Gen.Elements(s_boundaries),
        Gen.Choose(int.MinValue, int.MaxValue).Two().Select(
            halves => ((ulong)halves.Item1 << 32) ^ (uint)halves.Item2));

    /// <summary>Any bytes, as text in Latin-1: mostly few.</summary>
    internal static Gen<string> Texts { get; } = Gen.Frequency(
        (12, Gen.Choose(0, byte.MaxValue).Select(number => (char)number).ArrayOf().Select(chars => new string(chars))),
        (1, Gen.Choose(0, LongBytes).Select(length => new string('\u00DB', length))));

    internal static Gen<bool> Flags { get; } = Gen.Elements(false, true);

    internal static Arbitrary<Message[]> Requests { get; } = Lists(Gen.OneOf(
        Gen.Constant<Message>(new PingRequest()),
        Gen.Constant<Message>(new StatsRequest()),
        Hellos(),
        Gen.Elements(Operation.Get, Operation.Remove).Zip(Texts).Zip(
            Terms(), Message (key, terms) => new KeyRequest(key.Item1, key.Item2, terms)),
        Texts.Two().Zip(Terms(), Message (texts, terms) => new SetRequest(texts.Item1, texts.Item2, terms)),
        Texts.Zip(Numbers).Zip(
            Terms(), Message (sum, terms) => new IncrementRequest(sum.Item1, (long)sum.Item2, terms)),
        Numbers.Three().Zip(Texts.Zip(Flags), Message (numbers, rest) => new ScanRequest(
            numbers.Item1, Math.Max(1, (uint)numbers.Item2), (uint)numbers.Item3, rest.Item1, rest.Item2)),
        Batches()));

    internal static Arbitrary<Message[]> Replies { get; } = Lists(Gen.OneOf(
        Statuses().Select(Message (status) => new EmptyReply(status)),
        Statuses().Zip(Numbers, Message (status, number) => new NumberReply(status, number)),
        Texts.Zip(Flags).Zip(Numbers.Two(), Message (value, info) => value.Item2
            ? new ValueReply(value.Item1, SaysVersion: true, info.Item1, (long)info.Item2)
            : new ValueReply(value.Item1, SaysVersion: false, 0, 0)),
        Numbers.Four().Zip(Numbers, Message (limits, version) => new HelloReply(new ServerHello(
            (ushort)version, (uint)limits.Item1, (uint)limits.Item2, (uint)limits.Item3, (uint)limits.Item4))),
        Words().Two().Select(two => KeyValuePair.Create("n" + two.Item1, two.Item2)).ArrayOf().Select(
            Message (figures) => new StatsReply(ValueList.Of(figures))),
        Numbers.Zip(Texts.Two().Select(two => (two.Item1, two.Item2)).ArrayOf(),
            Message (next, entries) => new ScanReply(next, ValueList.Of(entries))),
        Statuses().Zip(Gen.Elements(Enum.GetValues<ReplyFlags>())).Zip(
            Words(), Message (head, words) => new ErrorReply(head.Item1, head.Item2, words)),
        Statuses().Zip(Texts).Select(two => (two.Item1, two.Item2)).ArrayOf().Select(
            Message (results) => new ResultsReply(ValueList.Of(results)))));

    /// <summary>Places at which a stream is cut, wherever it ends.</summary>
    internal static Arbitrary<int[]> Cuts { get; } = Arb.Array(Gen.Choose(0, int.MaxValue).ToArbitrary());

    private static Arbitrary<Message[]> Lists(Gen<Message> messages) =>
        Arb.Array(Arb.From(messages, message => message.Smaller()));

    private static Gen<Message> Hellos() => Numbers.Two().Zip(
        Gen.Choose(0, BinaryProtocol.MaxPasswordBytes), Message (versions, passwordBytes) => new HelloRequest(
            Math.Min((ushort)versions.Item1, (ushort)versions.Item2),
            Math.Max((ushort)versions.Item1, (ushort)versions.Item2),
            new string('p', passwordBytes)));

    private static Gen<Message> Batches()
    {
        Gen<RequestFields> versions =
            Gen.Elements(new RequestFields(RequestFlags.SaysVersion), new RequestFields(RequestFlags.None));
        Gen<BatchPart> parts = Gen.OneOf(
            Texts.Zip(versions, (key, terms) => new BatchPart(Operation.Get, key, "", 0, terms)),
            Texts.Two().Zip(Terms(), (texts, terms) =>
                new BatchPart(Operation.Set, texts.Item1, texts.Item2, 0, terms)),
            Texts.Zip(Terms(), (key, terms) => new BatchPart(Operation.Remove, key, "", 0, terms)),
            Texts.Zip(Numbers).Zip(Terms(), (sum, terms) =>
                new BatchPart(Operation.Increment, sum.Item1, "", sum.Item2, terms)),
            Texts.Zip(Numbers, (key, version) => new BatchPart(Operation.Require, key, "", version, default)));
        return Flags.Zip(Levels()).Zip(parts.ArrayOf(), Message (head, all) =>
            new BatchMessage(head.Item1, head.Item2, ValueList.Of(all)));
    }

    private static Gen<Durability?> Levels() =>
        Gen.Elements<Durability?>(null, Durability.Process, Durability.Interval, Durability.Disk);

    private static Gen<ReplyStatus> Statuses() => Gen.Elements(Enum.GetValues<ReplyStatus>());

    /// <summary>Text of any language, on one line and without colons.</summary>
    private static Gen<string> Words() =>
        Gen.Elements('a', 'Z', ' ', '\u00E9', '\u4E16', '\0').ArrayOf().Select(chars => new string(chars));

    /// <summary>Flags that do not contradict each other, with their fields.</summary>
    private static Gen<RequestFields> Terms() => Levels()
        .Zip(Gen.Elements(RequestFlags.None, RequestFlags.IfVersion, RequestFlags.IfPresent))
        .Zip(Gen.Elements(
            RequestFlags.None, RequestFlags.ExpiresAt, RequestFlags.ExpiresIn, RequestFlags.KeepsExpiry))
        .Zip(Gen.Elements(RequestFlags.None, RequestFlags.SaysVersion))
        .Zip(Numbers.Two(), (flags, numbers) =>
        {
            (((Durability? level, RequestFlags condition), RequestFlags expiry), RequestFlags version) = flags;
            RequestFlags durability = level is null ? RequestFlags.None : RequestFlags.Durability;
            bool hasMoment = expiry is RequestFlags.ExpiresAt or RequestFlags.ExpiresIn;
            return new RequestFields(
                durability | condition | expiry | version,
                level ?? default,
                condition == RequestFlags.IfVersion ? numbers.Item1 : 0,
                hasMoment ? Math.Max(1, numbers.Item2) : 0);
        });
}
