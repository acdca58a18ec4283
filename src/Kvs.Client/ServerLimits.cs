using Kvs.Protocol.Binary;

namespace Kvs.Client;

/// <summary>What a server said that it takes. Checked before anything is sent: a request that is longer than the
/// server reads would cost the connection.</summary>
internal sealed class ServerLimits(ServerHello hello)
{
    internal int MaxKeyBytes { get; } = (int)Math.Min(hello.MaxKeyBytes, int.MaxValue);

    internal int MaxValueBytes { get; } = (int)Math.Min(hello.MaxValueBytes, int.MaxValue);

    internal void CheckKey(int keyBytes)
    {
        if (keyBytes == 0)
        {
            throw KvsLimitException.EmptyKey();
        }

        if (keyBytes > MaxKeyBytes)
        {
            throw KvsLimitException.KeyTooLong(keyBytes, MaxKeyBytes);
        }
    }

    internal void CheckValue(int valueBytes)
    {
        if (valueBytes > MaxValueBytes)
        {
            throw KvsLimitException.ValueTooLong(valueBytes, MaxValueBytes);
        }
    }
}
