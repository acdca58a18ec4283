using FsCheck;
using FsCheck.Fluent;
using Kvs.Testing;

namespace Kvs.Protocol.Tests;

/// <summary>Makes commands and replies of the Redis protocol.</summary>
internal static class RespGenerators
{
    /// <summary>Arrays in arrays in arrays.</summary>
    private const int Depth = 3;

    internal static Arbitrary<RespCommand[]> Commands { get; } = Arb.Array(Arb.From(
        Generators.Texts.ArrayOf().Zip(Generators.Flags, (arguments, isTyped) => new RespCommand(
            ValueList.Of(arguments.Select(argument => isTyped ? ShortEnoughToType(argument) : argument)), isTyped)),
        command => command.Smaller()));

    internal static Arbitrary<RespReply> Replies { get; } = Arb.From(Trees(Depth), reply => reply.Smaller());

    private static Gen<RespReply> Trees(int depth)
    {
        Gen<string> lines = Generators.Texts.Select(
            text => text.Replace('\r', ' ').Replace('\n', ' '));
        Gen<string> words = lines.Select(line => new string([.. line.Where(char.IsAscii)]));
        Gen<RespReply> leaves = Gen.OneOf(
            lines.Zip(Gen.Elements(RespKind.Simple, RespKind.Error), (line, kind) => new RespReply(kind, line)),
            Generators.Numbers.Select(number => new RespReply(RespKind.Number, number: (long)number)),
            Generators.Texts.Select(text => new RespReply(RespKind.Bulk, text)),
            words.Select(text => new RespReply(RespKind.Text, text)),
            Gen.Elements(RespKind.Null, RespKind.NullArray).Select(kind => new RespReply(kind)));
        if (depth == 0)
        {
            return leaves;
        }

        Gen<RespReply> items = Trees(depth - 1).ScaleSize(size => size / 2);
        return Gen.Frequency(
            (3, leaves),
            (2, items.ArrayOf().Zip(Gen.Elements(RespKind.Array, RespKind.Set), Tree)),
            (1, items.Two().ArrayOf().Select(
                pairs => Tree([.. pairs.SelectMany(pair => new[] { pair.Item1, pair.Item2 })], RespKind.Map))));
    }

    private static RespReply Tree(RespReply[] items, RespKind kind) => new(kind, "", 0, ValueList.Of(items));

    /// <summary>Escaped, a line has four bytes for each of a word, and an end.</summary>
    private static string ShortEnoughToType(string word) => word.Length > 100 ? word[..100] : word;
}
