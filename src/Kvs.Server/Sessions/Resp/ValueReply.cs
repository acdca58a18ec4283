using Kvs.Protocol.Resp;

namespace Kvs.Server.Sessions.Resp;

/// <summary>Writes values as replies: from the engine into the output's own memory, without another copy.</summary>
/// <remarks>The length of a value stands before it and is known after it was copied. So room is left for as many digits
/// as the last value's length had, and a value with another number of them is moved.</remarks>
internal sealed class ValueReply(RespSession session)
{
    /// <summary>Room asked for before a value's length is known, in bytes: most values fit and are looked up once;
    /// little enough that the ends of blocks left empty do not matter.</summary>
    private const int GuessedValueBytes = 512;

    private const int ShortestHeadBytes = 1 + 1 + RespProtocol.LineEndBytes;

    private int _headBytes = ShortestHeadBytes + 1;

    /// <summary>Writes the value of a key; false, and nothing written, when it is not there.</summary>
    internal bool TryWrite(ReadOnlySpan<byte> key)
    {
        int neededBytes = GuessedValueBytes;
        while (true)
        {
            int guessedHead = _headBytes;
            Span<byte> room = session.Reply.Output.GetSpan(
                RespWriter.MaxHeadBytes + neededBytes + RespProtocol.LineEndBytes);
            Span<byte> place = room[guessedHead..^(RespWriter.MaxHeadBytes + RespProtocol.LineEndBytes - guessedHead)];
            if (!session.Keys.TryRead(key, place, out ValueInfo info))
            {
                return false;
            }

            _headBytes = HeadBytes(info.Bytes);
            if (info.Bytes > place.Length)
            {
                // Another client may set a longer one before the next look; then once more.
                neededBytes = info.Bytes;
                continue;
            }

            if (_headBytes != guessedHead)
            {
                place[..info.Bytes].CopyTo(room[_headBytes..]);
            }

            RespWriter.WriteHead(room, (byte)'$', info.Bytes);
            int end = _headBytes + info.Bytes;
            "\r\n"u8.CopyTo(room[end..]);
            session.Reply.Output.Advance(end + RespProtocol.LineEndBytes);
            return true;
        }
    }

    /// <summary>Writes the value of a key, or that it is not there.</summary>
    internal void Write(ReadOnlySpan<byte> key)
    {
        if (!TryWrite(key))
        {
            session.Reply.Null();
        }
    }

    private static int HeadBytes(int valueBytes)
    {
        int digits = 1;
        for (int rest = valueBytes; rest >= 10; rest /= 10)
        {
            digits++;
        }

        return 1 + digits + RespProtocol.LineEndBytes;
    }
}
