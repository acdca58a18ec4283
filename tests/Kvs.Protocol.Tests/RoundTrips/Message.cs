using System.Buffers;
using System.Text;
using Kvs.Protocol.Binary;

namespace Kvs.Protocol.Tests;

/// <summary>A request or a reply of the binary protocol, which writes itself and reads what came of that. Bytes are
/// text in Latin-1 here, so that messages can be compared, and shown.</summary>
internal abstract record Message
{
    /// <summary>Writes it as one frame.</summary>
    internal abstract void Write(ArrayBufferWriter<byte> output, uint id);

    /// <summary>What the reader of such messages makes of a frame; null where it refuses it.</summary>
    internal abstract Message? Read(Frame frame);

    /// <summary>Messages that are less than this one.</summary>
    internal virtual IEnumerable<Message> Smaller() => [];

    protected static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    protected static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    /// <summary>The beginnings of a text.</summary>
    protected static IEnumerable<string> Shorter(string text) =>
        text.Length == 0 ? [] : ["", text[..(text.Length / 2)]];

    /// <summary>Takes the fields off a request's body; null where they are refused.</summary>
    protected static RequestFields? Fields(Frame frame, out ReadOnlySpan<byte> body)
    {
        body = frame.Body;
        return RequestFields.TryRead((RequestFlags)frame.Header.Flags, ref body, out RequestFields fields)
            ? fields
            : null;
    }
}
