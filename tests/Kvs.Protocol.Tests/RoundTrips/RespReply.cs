using System.Globalization;
using System.Text;
using Kvs.Protocol.Resp;
using Kvs.Testing;

namespace Kvs.Protocol.Tests;

/// <summary>What a reply of the Redis protocol can be.</summary>
internal enum RespKind
{
    Simple,
    Error,
    Number,
    Bulk,
    Text,
    Null,
    NullArray,
    Array,
    Set,
    Map,
}

/// <summary>A reply of the Redis protocol, which writes itself, and the reader that clients would have. Bytes are text
/// in Latin-1 here.</summary>
internal sealed record RespReply(RespKind Kind, string Text, long Number, ValueList<RespReply> Items)
{
    private static readonly ValueList<RespReply> s_none = new([]);

    internal RespReply(RespKind kind, string text = "", long number = 0)
        : this(kind, text, number, s_none)
    {
    }

    /// <summary>The reply as a version of the protocol can say it.</summary>
    internal RespReply In(int version)
    {
        bool isNew = version > RespProtocol.OldestVersion;
        RespKind kind = Kind switch
        {
            RespKind.NullArray when isNew => RespKind.Null,
            RespKind.Set or RespKind.Map when !isNew => RespKind.Array,
            RespKind.Text when !isNew => RespKind.Bulk,
            _ => Kind,
        };
        return new RespReply(kind, Text, Number, ValueList.Of(Items.Select(item => item.In(version))));
    }

    internal void Write(RespWriter writer)
    {
        switch (Kind)
        {
            case RespKind.Simple:
                writer.Simple(Encoding.Latin1.GetBytes(Text));
                break;
            case RespKind.Error:
                writer.Error(Text);
                break;
            case RespKind.Number:
                writer.Number(Number);
                break;
            case RespKind.Bulk:
                writer.Bulk(Encoding.Latin1.GetBytes(Text));
                break;
            case RespKind.Text:
                writer.Text(Text);
                break;
            case RespKind.Null:
                writer.Null();
                break;
            case RespKind.NullArray:
                writer.NullArray();
                break;
            case RespKind.Array:
                writer.Array(Items.Count);
                break;
            case RespKind.Set:
                writer.Set(Items.Count);
                break;
            default:
                writer.Map(Items.Count / 2);
                break;
        }

        foreach (RespReply item in Items)
        {
            item.Write(writer);
        }
    }

    /// <summary>Takes a reply off the front of some bytes.</summary>
    internal static RespReply Read(ref ReadOnlySpan<byte> rest)
    {
        int lineBytes = rest.IndexOf("\r\n"u8);
        char first = (char)rest[0];
        string line = Encoding.Latin1.GetString(rest[1..lineBytes]);
        rest = rest[(lineBytes + RespProtocol.LineEndBytes)..];
        return first switch
        {
            '+' => new RespReply(RespKind.Simple, line),
            '-' => new RespReply(RespKind.Error, line),
            ':' => new RespReply(RespKind.Number, number: long.Parse(line, CultureInfo.InvariantCulture)),
            '_' => new RespReply(RespKind.Null),
            '$' when line == "-1" => new RespReply(RespKind.Null),
            '*' when line == "-1" => new RespReply(RespKind.NullArray),
            '$' => new RespReply(RespKind.Bulk, Take(ref rest, line)),
            '=' => new RespReply(RespKind.Text, Take(ref rest, line)["txt:".Length..]),
            '*' => ReadItems(ref rest, RespKind.Array, Count(line)),
            '~' => ReadItems(ref rest, RespKind.Set, Count(line)),
            '%' => ReadItems(ref rest, RespKind.Map, 2 * Count(line)),
            _ => throw new FormatException($"'{first}' begins no reply."),
        };
    }

    /// <summary>Parts of the reply.</summary>
    internal IEnumerable<RespReply> Smaller() => Kind == RespKind.Map
        ? Items
        : [.. Items, .. Items.Smaller(item => item.Smaller()).Select(items => this with { Items = items })];

    private static int Count(string line) => int.Parse(line, CultureInfo.InvariantCulture);

    private static string Take(ref ReadOnlySpan<byte> rest, string line)
    {
        int bytes = Count(line);
        string text = Encoding.Latin1.GetString(rest[..bytes]);
        Assert.True(rest[bytes..].StartsWith("\r\n"u8));
        rest = rest[(bytes + RespProtocol.LineEndBytes)..];
        return text;
    }

    private static RespReply ReadItems(ref ReadOnlySpan<byte> rest, RespKind kind, int count)
    {
        var items = new List<RespReply>();
        for (int i = 0; i < count; i++)
        {
            items.Add(Read(ref rest));
        }

        return new RespReply(kind, "", 0, ValueList.Of(items));
    }
}
