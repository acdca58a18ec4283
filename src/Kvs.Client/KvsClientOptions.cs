namespace Kvs.Client;

/// <summary>How a client connects and how long it waits.</summary>
public sealed record KvsClientOptions
{
    /// <summary>The longest time to wait for the server to take the connection; 5 seconds by default.
    /// <see cref="Timeout.InfiniteTimeSpan"/> waits as long as the operating system does.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The longest time during which the server may neither take nor send a byte while it is waited for; 30 seconds by
    /// default. It bounds silence and not the whole operation, so that a long value may take as long as the network
    /// needs. <see cref="Timeout.InfiniteTimeSpan"/> waits for ever.
    /// </summary>
    public TimeSpan OperationTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The most requests that a <see cref="KvsPipeline"/> has in flight, at least 1; 4096 by default: enough to hide
    /// any round trip, few enough that what is in doubt after the death of a server stays a small number.
    /// </summary>
    public int MaxInFlight { get; init; } = 4096;
}
