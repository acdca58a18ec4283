using System.Net;
using Kvs.Client;
using Kvs.Testing;

namespace Kvs.Bench.Verify;

/// <summary>A connection to a server, which is made again after it broke.</summary>
internal sealed class ClientHistoryTarget(IPEndPoint server) : IHistoryTarget, IDisposable
{
    private KvsClient? _client;

    public bool HasConditions => false;

    /// <summary>Whether there is a connection.</summary>
    internal bool IsConnected => _client is not null;

    private KvsClient Client => _client ?? throw new InvalidOperationException("There is no connection.");

    /// <summary>Connects, in place of the connection that there was.</summary>
    /// <exception cref="KvsConnectionException">No server is there.</exception>
    internal void Connect()
    {
        Disconnect();
        _client = KvsClient.Connect(server);
    }

    /// <summary>Gives up a connection that broke.</summary>
    internal void Disconnect()
    {
        _client?.Dispose();
        _client = null;
    }

    public int Get(ReadOnlySpan<byte> key, Span<byte> buffer, out ulong version)
    {
        version = 0;
        if (!Client.TryGet(key, out byte[]? value))
        {
            return -1;
        }

        if (value.Length <= buffer.Length)
        {
            value.CopyTo(buffer);
        }

        return value.Length;
    }

    public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => Client.Set(key, value);

    public bool Remove(ReadOnlySpan<byte> key) => Client.Remove(key);

    public bool TrySet(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, WriteCondition condition) =>
        throw new NotSupportedException("The client has no conditional writes.");

    public bool TryRemove(ReadOnlySpan<byte> key, ulong version) =>
        throw new NotSupportedException("The client has no conditional writes.");

    public void Dispose() => Disconnect();
}
