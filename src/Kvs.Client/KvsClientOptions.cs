using Kvs.Protocol.Binary;
using Kvs.Text;

namespace Kvs.Client;

/// <summary>How a client connects and how long it waits.</summary>
public sealed record KvsClientOptions
{
    /// <summary>What the server wants to know before it does anything; null, the default, where it asks for nothing.
    /// </summary>
    public string? Password { get; init; }

    /// <summary>How connections over TCP are encrypted; null, the default, for plain ones, to a server that has no
    /// certificate.</summary>
    public KvsClientTls? Tls { get; init; }

    /// <summary>The longest time to wait for the server to take the connection; 5 seconds by default.
    /// <see cref="Timeout.InfiniteTimeSpan"/> waits as long as the operating system does. When the connection of a
    /// <see cref="KvsConnection"/> is lost, calls wait so long for the next one; after that they fail at once until
    /// there is one.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The longest time during which the server may neither take nor send a byte while it is waited for; 30 seconds by
    /// default. It bounds silence and not the whole operation, so that a long value may take as long as the network
    /// needs. <see cref="Timeout.InfiniteTimeSpan"/> waits for ever.
    /// </summary>
    public TimeSpan OperationTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The most requests that a <see cref="KvsPipeline"/> has in flight, or calls that a <see cref="KvsConnection"/>
    /// has, at least 1; 4096 by default: enough to hide any round trip, few enough that what is in doubt after the
    /// death of a server stays a small number. A batch is one call.
    /// </summary>
    public int MaxInFlight { get; init; } = 4096;

    /// <summary>How many bytes of requests a <see cref="KvsConnection"/> has in flight, at least 1 and beside one
    /// request that is longer; 64 MiB by default. Beyond, calls wait.</summary>
    public long MaxInFlightBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>The longest pause between two attempts of a <see cref="KvsConnection"/> to connect again, longer than
    /// zero; 2 seconds by default. Pauses double from attempt to attempt and vary by chance, so that the clients of a
    /// server that comes back do not come all at once.</summary>
    public TimeSpan MaxReconnectPause { get; init; } = TimeSpan.FromSeconds(2);

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxInFlight, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxInFlightBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(MaxReconnectPause, TimeSpan.Zero);
    }

    /// <summary>The password as it is sent; empty where there is none.</summary>
    /// <exception cref="ArgumentException">It is longer than any server's.</exception>
    internal byte[] EncodePassword()
    {
        byte[] password = Password is null ? [] : Utf8Text.Encode(Password);
        return password.Length <= BinaryProtocol.MaxPasswordBytes
            ? password
            : throw new ArgumentException(
                $"The password has {password.Length} bytes; the limit is {BinaryProtocol.MaxPasswordBytes} bytes.");
    }
}
