using System.Text;
using Kvs.Protocol.Binary;

namespace Kvs.Server.Tests.Support;

/// <summary>A reply as it came over the wire.</summary>
internal sealed record RawReply(FrameHeader Header, byte[] Body)
{
    internal ReplyStatus Status => (ReplyStatus)Header.Code;

    internal ReplyFlags Flags => (ReplyFlags)Header.Flags;

    internal bool IsLast => Header.Flags == (ushort)ReplyFlags.Last;

    internal string Text => Encoding.UTF8.GetString(Body);
}
