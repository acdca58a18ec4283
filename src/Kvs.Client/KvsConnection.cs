using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using Kvs.Client.Multiplexing;
using Kvs.Client.Transport;
using Kvs.Protocol.Binary;

namespace Kvs.Client;

/// <summary>
/// An asynchronous client of one server: any number of callers share one connection, and what they ask for at about the
/// same time travels together.
/// </summary>
/// <remarks>
/// <para>Calls are executed in the order in which they were made, as far as that can be told.</para>
/// <para>Where the connection is lost, the calls in flight fail, and another one is made. Calls wait for it as long as
/// <see cref="KvsClientOptions.ConnectTimeout"/>, counted from the loss; after that they fail at once until there is
/// one.</para>
/// </remarks>
public sealed class KvsConnection : IKvsAsyncClient
{
    /// <summary>Entries that a scan asks for at a time.</summary>
    private const int PageEntries = 1_000;

    private readonly ConcurrentQueue<PendingCall> _pool = new();
    private readonly Dispatcher _dispatcher;
    private readonly LinkKeeper _keeper;

    private KvsConnection(EndPoint endPoint, KvsClientOptions options)
    {
        EndPoint = endPoint;
        _dispatcher = new Dispatcher(endPoint, options.MaxInFlight, options.MaxInFlightBytes);
        _keeper = new LinkKeeper(endPoint, options, _dispatcher);
    }

    /// <summary>The server's address.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>Whether there is a connection now.</summary>
    public bool IsConnected => _keeper.IsConnected;

    /// <summary>Ends when the first attempt to connect has ended, whatever it came to.</summary>
    internal Task FirstAttempt => _keeper.FirstAttempt;

    /// <summary>Connects, and agrees with the server on a version of the protocol.</summary>
    /// <exception cref="KvsConnectionException">No server there, or not one of this protocol.</exception>
    /// <exception cref="KvsServerException">The server does not want this client: no password, too many connections,
    /// another version.</exception>
    public static async Task<KvsConnection> ConnectAsync(
        EndPoint endPoint, KvsClientOptions? options = null, CancellationToken cancellation = default)
    {
        KvsConnection connection = Start(endPoint, options);
        try
        {
            await connection.FirstAttempt.WaitAsync(cancellation).ConfigureAwait(false);
            connection.ThrowIfFailed();
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Begins to connect, and goes on with it until it is disposed: also to a server that is not there yet.
    /// </summary>
    public static KvsConnection Start(EndPoint endPoint, KvsClientOptions? options = null)
    {
        ClientSocket.CheckEndPoint(endPoint);
        options ??= new KvsClientOptions();
        options.Check();
        _ = options.EncodePassword();
        return new KvsConnection(endPoint, options);
    }

    /// <summary>Throws why there is no connection, if the last attempt has failed.</summary>
    internal void ThrowIfFailed()
    {
        if (_keeper.Failure is { } failure)
        {
            throw failure;
        }
    }

    /// <inheritdoc/>
    public ValueTask<byte[]?> GetAsync(ReadOnlyMemory<byte> key, CancellationToken cancellation = default)
    {
        var request = new CallRequest(Operation.Get, key);
        PendingCall call = Begin(request, cancellation);
        return new ValueTask<byte[]?>(call, call.Version);
    }

    /// <inheritdoc/>
    public ValueTask<KvsValue?> ReadAsync(ReadOnlyMemory<byte> key, CancellationToken cancellation = default)
    {
        var request = new CallRequest(Operation.Get, key, Fields: new RequestFields(RequestFlags.SaysVersion));
        PendingCall call = Begin(request, cancellation);
        return new ValueTask<KvsValue?>(call, call.Version);
    }

    /// <inheritdoc/>
    public ValueTask SetAsync(
        ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, CancellationToken cancellation = default)
    {
        var request = new CallRequest(Operation.Set, key, value);
        PendingCall call = Begin(request, cancellation);
        return new ValueTask(call, call.Version);
    }

    /// <inheritdoc/>
    public ValueTask<WriteResult> TrySetAsync(
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        WriteOptions options,
        CancellationToken cancellation = default) =>
        WriteAsync(
            new CallRequest(Operation.Set, key, value, Fields: WriteFields.Of(options, saysVersion: true)),
            cancellation);

    /// <inheritdoc/>
    public ValueTask<WriteResult> TryRemoveAsync(
        ReadOnlyMemory<byte> key, WriteOptions options = default, CancellationToken cancellation = default)
    {
        options.CheckForRemoval();
        return WriteAsync(new CallRequest(Operation.Remove, key, Fields: WriteFields.Of(options)), cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<long> IncrementAsync(
        ReadOnlyMemory<byte> key,
        long delta = 1,
        WriteOptions options = default,
        CancellationToken cancellation = default)
    {
        options.CheckUnconditional();
        var request = new CallRequest(Operation.Increment, key, Delta: delta, Fields: WriteFields.Of(options));
        PendingCall call = Begin(request, cancellation);
        return new ValueTask<long>(call, call.Version);
    }

    /// <summary>Checks that the server would take a batch, as far as that is known.</summary>
    /// <exception cref="KvsLimitException">It is longer than what the server reads.</exception>
    internal void CheckLength(KvsBatch batch, Durability? durability)
    {
        int frameBytes = batch.Request.ToFrame(BinaryProtocol.NoRequest, Operation.Batch, durability).Length;
        if (_dispatcher.WhyNot(frameBytes - BinaryProtocol.HeaderBytes) is { } error)
        {
            throw error;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<KvsResult>> ExecuteAsync(
        KvsBatch batch, Durability? durability = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var frame = new ArrayBufferWriter<byte>();
        frame.Write(batch.Request.ToFrame(BinaryProtocol.NoRequest, Operation.Batch, durability).Span);

        // The caller's batch is not looked at after this.
        int count = batch.Count;
        int bodyStart = frame.WrittenCount - batch.Request.BodyBytes;
        bool isWrite = BatchResults.HasWrites(batch.Request.Body);
        OwnReply reply = await AskAsync(frame, isWrite, cancellation).ConfigureAwait(false);
        return BatchResults.Read(frame.WrittenSpan[bodyStart..], count, reply) ?? throw UnexpectedReply();
    }

    /// <inheritdoc/>
    public async ValueTask<bool> TryWriteAsync(
        WriteBatch batch, Durability? durability = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var request = new BatchRequest();
        foreach (WriteBatch.Item item in batch.Items)
        {
            AddTo(request, batch, item);
        }

        var frame = new ArrayBufferWriter<byte>();
        frame.Write(request.ToFrame(BinaryProtocol.NoRequest, Operation.AtomicBatch, durability).Span);
        return (await AskAsync(frame, isWrite: true, cancellation).ConfigureAwait(false)).Status == ReplyStatus.Ok;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<KvsEntry> ScanAsync(
        ReadOnlyMemory<byte> prefix = default,
        bool keysOnly = false,
        [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ScanPage page;
        ulong cursor = 0;
        do
        {
            page = await ScanAsync(cursor, PageEntries, prefix, keysOnly, cancellation).ConfigureAwait(false);
            foreach (KvsEntry entry in page.Entries)
            {
                yield return entry;
            }

            cursor = page.NextCursor;
        }
        while (cursor != 0);
    }

    /// <summary>Reads a page of entries, as <see cref="IKvsEngine.Scan"/>.</summary>
    public async ValueTask<ScanPage> ScanAsync(
        ulong cursor,
        int maxEntries,
        ReadOnlyMemory<byte> prefix = default,
        bool keysOnly = false,
        CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEntries, 1);
        var frame = new ArrayBufferWriter<byte>();
        RequestWriter.WriteScan(
            frame, BinaryProtocol.NoRequest, cursor, (uint)maxEntries, BinaryProtocol.MaxScanBytes, prefix.Span,
            keysOnly);
        OwnReply reply = await AskAsync(frame, isWrite: false, cancellation).ConfigureAwait(false);
        return ReplyReader.TryReadScan(reply.Body, out ScanPage page) ? page : throw UnexpectedReply();
    }

    /// <inheritdoc/>
    public async ValueTask PingAsync(CancellationToken cancellation = default)
    {
        var frame = new ArrayBufferWriter<byte>();
        RequestWriter.WritePing(frame, BinaryProtocol.NoRequest);
        await AskAsync(frame, isWrite: false, cancellation).ConfigureAwait(false);
    }

    /// <summary>Figures about the server and its store, in the server's order: names with their units last, and
    /// values as text.</summary>
    public async ValueTask<IReadOnlyList<KeyValuePair<string, string>>> StatisticsAsync(
        CancellationToken cancellation = default)
    {
        var frame = new ArrayBufferWriter<byte>();
        RequestWriter.WriteStats(frame, BinaryProtocol.NoRequest);
        OwnReply reply = await AskAsync(frame, isWrite: false, cancellation).ConfigureAwait(false);
        return ReplyReader.ReadStats(reply.Body);
    }

    /// <summary>Closes the connection. Calls in flight fail.</summary>
    public ValueTask DisposeAsync() => _keeper.DisposeAsync();

    private ValueTask<WriteResult> WriteAsync(in CallRequest request, CancellationToken cancellation)
    {
        PendingCall call = Begin(request, cancellation);
        return new ValueTask<WriteResult>(call, call.Version);
    }

    private PendingCall Begin(in CallRequest request, CancellationToken cancellation)
    {
        var call = PendingCall.Begin(_pool, _dispatcher.Gate, request, cancellation);
        _dispatcher.Add(new Waiting(request, call, null));
        return call;
    }

    /// <summary>Makes a call that has a frame to itself.</summary>
    private Task<OwnReply> AskAsync(ArrayBufferWriter<byte> frame, bool isWrite, CancellationToken cancellation)
    {
        var own = new OwnFrame(frame, isWrite);
        Task<OwnReply> reply = own.WaitAsync(cancellation);
        _dispatcher.Add(new Waiting(default, null, own));
        return reply;
    }

    private static void AddTo(BatchRequest request, WriteBatch batch, in WriteBatch.Item item)
    {
        ReadOnlySpan<byte> key = batch.KeyOf(item);
        switch (item.Kind)
        {
            case WriteBatch.ItemKind.Set when item.ExpiresAt is { } moment:
                request.Set(key, batch.ValueOf(item),
                    new RequestFields(RequestFlags.ExpiresAt, ExpiryMs: WriteFields.Moment(moment)));
                break;
            case WriteBatch.ItemKind.Set:
                request.Set(key, batch.ValueOf(item));
                break;
            case WriteBatch.ItemKind.Remove:
                request.Remove(key);
                break;
            default:
                request.Require(key, item.Version);
                break;
        }
    }

    private KvsConnectionException UnexpectedReply() =>
        new(EndPoint, $"The server at {EndPoint} sent a reply that fits no request.", outcomeUnknown: true);
}
