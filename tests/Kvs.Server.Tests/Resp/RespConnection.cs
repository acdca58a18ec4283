using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Kvs.Server.Tests.Resp;

/// <summary>A connection that sends bytes and reads replies whole, as they came.</summary>
internal sealed class RespConnection : IDisposable
{
    /// <summary>Turns a hang into a failure; no measure of anything.</summary>
    private const int HangMs = 60_000;

    private readonly Socket _socket;
    private readonly BufferedStream _stream;

    internal RespConnection(EndPoint endPoint)
    {
        ProtocolType protocol = endPoint is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified;
        _socket = new Socket(endPoint.AddressFamily, SocketType.Stream, protocol)
        {
            ReceiveTimeout = HangMs,
            SendTimeout = HangMs,
        };
        _socket.Connect(endPoint);
        _stream = new BufferedStream(new NetworkStream(_socket), 64 * 1024);
    }

    internal void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[_socket.Send(bytes)..];
        }
    }

    internal void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Sends a line as clients send it, and reads its reply.</summary>
    internal string Ask(string line)
    {
        Send(RespText.Encode(line));
        return Encoding.Latin1.GetString(Read());
    }

    /// <summary>Reads a reply; empty where the connection has ended.</summary>
    internal byte[] Read()
    {
        var reply = new MemoryStream();
        ReadInto(reply);
        return reply.ToArray();
    }

    /// <summary>Everything that comes until the server ends the connection.</summary>
    internal byte[] ReadToEnd()
    {
        var all = new MemoryStream();
        _stream.CopyTo(all);
        return all.ToArray();
    }

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }

    private void ReadInto(MemoryStream reply)
    {
        string head = ReadLine(reply);
        if (head.Length == 0)
        {
            return;
        }

        int number = int.TryParse(head.AsSpan(1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
            out int parsed) ? parsed : 0;
        switch (head[0])
        {
            case '$' or '=' when number >= 0:
                byte[] bytes = new byte[number + 2];
                _stream.ReadExactly(bytes);
                reply.Write(bytes);
                break;
            case '*' or '~' or '>' or '%':
                for (int i = head[0] == '%' ? 2 * number : number; i > 0; i--)
                {
                    ReadInto(reply);
                }

                break;
        }
    }

    private string ReadLine(MemoryStream reply)
    {
        var line = new StringBuilder();
        for (int next = _stream.ReadByte(); next >= 0; next = _stream.ReadByte())
        {
            reply.WriteByte((byte)next);
            if (next == '\n')
            {
                break;
            }

            line.Append((char)next);
        }

        return line.ToString().TrimEnd('\r');
    }
}
