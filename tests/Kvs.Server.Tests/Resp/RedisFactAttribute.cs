namespace Kvs.Server.Tests.Resp;

/// <summary>A test that compares with redis-server, and says so where there is none.</summary>
public sealed class RedisFactAttribute : FactAttribute
{
    public RedisFactAttribute() => Skip = RedisServer.Missing;
}
