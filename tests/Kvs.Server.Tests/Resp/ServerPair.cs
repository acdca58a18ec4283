using Kvs.Server.Tests.Support;

namespace Kvs.Server.Tests.Resp;

/// <summary>Connections to redis-server and to kvs, two of each, which are told the same.</summary>
internal sealed class ServerPair(RedisServer redis, TestServer kvs) : IDisposable
{
    private readonly (RespConnection Redis, RespConnection Kvs)?[] _connections =
        new (RespConnection, RespConnection)?[2];

    /// <summary>Sends a line of the corpus to both; says what they answer.</summary>
    internal (byte[] Redis, byte[] Kvs) Ask(string line, out char mode)
    {
        int index = line.StartsWith("2> ", StringComparison.Ordinal) ? 1 : 0;
        line = index == 1 ? line[3..] : line;
        mode = line[..2] is "~ " or "= " ? line[0] : ' ';
        line = mode == ' ' ? line : line[2..];
        (RespConnection, RespConnection) pair =
            _connections[index] ??= (new RespConnection(redis.EndPoint), new RespConnection(kvs.EndPoint));
        byte[] request = RespText.Encode(line);
        pair.Item1.Send(request);
        pair.Item2.Send(request);
        (byte[], byte[]) replies = (pair.Item1.Read(), pair.Item2.Read());
        if (line == "QUIT")
        {
            Assert.Empty(pair.Item1.Read());
            Assert.Empty(pair.Item2.Read());
            End(index);
        }

        return replies;
    }

    public void Dispose()
    {
        End(0);
        End(1);
    }

    private void End(int index)
    {
        _connections[index]?.Redis.Dispose();
        _connections[index]?.Kvs.Dispose();
        _connections[index] = null;
    }
}
