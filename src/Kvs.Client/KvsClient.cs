using System.Diagnostics.CodeAnalysis;
using System.Net;
using Kvs.Client.Transport;
using Kvs.Protocol.Binary;

namespace Kvs.Client;

/// <summary>
/// A blocking client of a kvs server: one connection, one request at a time.
/// </summary>
/// <remarks>
/// <para>Any number of threads may use one client; each call holds a lock for its round trip, so they take turns. For
/// bulk work there is <see cref="KvsPipeline"/>.</para>
/// <para>Every call can throw <see cref="KvsServerException"/>, after which the client goes on, and
/// <see cref="KvsConnectionException"/>, after which it is of no further use and every call throws the same. Nothing
/// is sent twice and no connection is made again by itself.</para>
/// </remarks>
public sealed class KvsClient : IDisposable
{
    private readonly Lock _gate = new();
    private readonly BlockingConnection _connection;
    private readonly ServerLimits _limits;

    private KvsClient(BlockingConnection connection, ServerLimits limits)
    {
        _connection = connection;
        _limits = limits;
    }

    /// <summary>The server's address.</summary>
    public EndPoint EndPoint => _connection.EndPoint;

    /// <summary>The longest key that the server takes, in bytes.</summary>
    public int MaxKeyBytes => _limits.MaxKeyBytes;

    /// <summary>The longest value that the server takes, in bytes.</summary>
    public int MaxValueBytes => _limits.MaxValueBytes;

    /// <summary>Connects, and agrees with the server on a version of the protocol.</summary>
    /// <exception cref="KvsConnectionException">No server there, or not one of this protocol.</exception>
    /// <exception cref="KvsServerException">The server does not want this client: too many connections, another
    /// version.</exception>
    public static KvsClient Connect(EndPoint endPoint, KvsClientOptions? options = null)
    {
        ClientSocket.CheckEndPoint(endPoint);
        var connection = new BlockingConnection(endPoint, options ?? new KvsClientOptions());
        try
        {
            return new KvsClient(connection, new ServerLimits(connection.ShakeHands()));
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Returns when the server has answered.</summary>
    public void Ping()
    {
        lock (_gate)
        {
            RequestWriter.WritePing(_connection.Output, _connection.BeginRequest(isWrite: false));
            _connection.SendRequest();
            ReceiveDone(out _);
        }
    }

    /// <summary>Stores a value under a key, in place of what was there. Returns when the server has acknowledged it.
    /// </summary>
    /// <exception cref="KvsLimitException">The key or the value is beyond the server's limits; nothing was sent.
    /// </exception>
    public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        _limits.Check(key.Length, value.Length);
        lock (_gate)
        {
            uint id = _connection.BeginRequest(isWrite: true);
            RequestWriter.WriteSetBeforeValue(_connection.Output, id, key, value.Length);
            _connection.SendRequest(value);
            ReceiveDone(out _);
        }
    }

    /// <summary>Reads a value; false when the key is not there.</summary>
    /// <exception cref="KvsLimitException">The key is beyond the server's limits; nothing was sent.</exception>
    public bool TryGet(ReadOnlySpan<byte> key, [NotNullWhen(true)] out byte[]? value)
    {
        _limits.Check(key.Length);
        lock (_gate)
        {
            RequestWriter.WriteGet(_connection.Output, _connection.BeginRequest(isWrite: false), key);
            _connection.SendRequest();
            bool isThere = ReceiveDone(out byte[] body) == ReplyStatus.Ok;
            value = isThere ? body : null;
            return isThere;
        }
    }

    /// <summary>Removes a key; false when it was not there.</summary>
    /// <exception cref="KvsLimitException">The key is beyond the server's limits; nothing was sent.</exception>
    public bool Remove(ReadOnlySpan<byte> key)
    {
        _limits.Check(key.Length);
        lock (_gate)
        {
            RequestWriter.WriteRemove(_connection.Output, _connection.BeginRequest(isWrite: true), key);
            _connection.SendRequest();
            return ReceiveDone(out _) == ReplyStatus.Ok;
        }
    }

    /// <summary>
    /// Reads a page of entries, in no particular order. An entry that is there from the first page to the last is
    /// returned exactly once; one that comes or goes in between may be returned or not.
    /// </summary>
    /// <param name="cursor">0 to begin; then the <see cref="ScanPage.NextCursor"/> of the page before.</param>
    /// <param name="maxEntries">The most entries that the page may hold, at least 1; the server may send
    /// fewer.</param>
    public ScanPage Scan(ulong cursor, int maxEntries)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEntries, 1);
        lock (_gate)
        {
            uint id = _connection.BeginRequest(isWrite: false);
            RequestWriter.WriteScan(
                _connection.Output, id, cursor, (uint)maxEntries, BinaryProtocol.MaxScanBytes);
            _connection.SendRequest();
            ReceiveDone(out byte[] body);
            return ReplyReader.TryReadScan(body, out ScanPage page) ? page : throw _connection.UnexpectedReply();
        }
    }

    /// <summary>Figures about the server and its store, in the server's order: names with their units last, and
    /// values as text.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Stats()
    {
        lock (_gate)
        {
            RequestWriter.WriteStats(_connection.Output, _connection.BeginRequest(isWrite: false));
            _connection.SendRequest();
            ReceiveDone(out byte[] body);
            return ReplyReader.ReadStats(body);
        }
    }

    /// <summary>Closes the connection. A call that waits in another thread ends with an error.</summary>
    public void Dispose() => _connection.Dispose();

    private ReplyStatus ReceiveDone(out byte[] body)
    {
        FrameHeader header = _connection.ReceiveHeader();
        body = _connection.ReceiveBody(header);
        _connection.ThrowIfError(header, body);
        return (ReplyStatus)header.Code;
    }
}
