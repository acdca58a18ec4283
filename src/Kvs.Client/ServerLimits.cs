using Kvs.Protocol.Binary;

namespace Kvs.Client;

/// <summary>What a server said that it takes. Checked before anything is sent: a request that is longer than the
/// server reads would cost the connection.</summary>
internal sealed class ServerLimits(ServerHello hello)
{
    internal int MaxKeyBytes { get; } = (int)Math.Min(hello.MaxKeyBytes, int.MaxValue);

    internal int MaxValueBytes { get; } = (int)Math.Min(hello.MaxValueBytes, int.MaxValue);

    /// <summary>What is wrong with a key and a value of such lengths; null where nothing is.</summary>
    internal KvsLimitException? WhyNot(int keyBytes, int valueBytes) =>
        keyBytes == 0 ? KvsLimitException.EmptyKey()
        : keyBytes > MaxKeyBytes ? KvsLimitException.KeyTooLong(keyBytes, MaxKeyBytes)
        : valueBytes > MaxValueBytes ? KvsLimitException.ValueTooLong(valueBytes, MaxValueBytes)
        : null;

    internal void Check(int keyBytes, int valueBytes = 0)
    {
        if (WhyNot(keyBytes, valueBytes) is { } error)
        {
            throw error;
        }
    }
}
