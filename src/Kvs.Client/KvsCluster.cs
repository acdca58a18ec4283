using System.Net;
using System.Runtime.CompilerServices;
using Kvs.Client.Transport;
using Kvs.Protocol;
using Kvs.Protocol.Binary;

namespace Kvs.Client;

/// <summary>
/// An asynchronous client of several servers, each of which owns a part of the keys (<see cref="SlotMap"/>).
/// </summary>
/// <remarks>
/// <para>A batch is split by owner, its parts are executed at the same time, and the results come back in its order.
/// A server that is not there fails its own keys and no others.</para>
/// <para>The map is the list of servers: it is the same at all times and for all who give the same list in the same
/// order. Another list is another map, and keys are then looked for where they are not.</para>
/// </remarks>
public sealed class KvsCluster : IKvsAsyncClient
{
    private readonly KvsConnection[] _servers;

    private KvsCluster(KvsConnection[] servers) => _servers = servers;

    /// <summary>The servers, in the order of the list.</summary>
    public IReadOnlyList<KvsConnection> Servers => _servers;

    /// <summary>Connects to servers; returns when each has been tried once.</summary>
    /// <param name="endPoints">Their addresses, in the order that all clients use.</param>
    /// <param name="options">How each is connected to.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="KvsConnectionException">None of them is there. One that is there is enough: the others are
    /// tried again and again.</exception>
    public static async Task<KvsCluster> ConnectAsync(
        IReadOnlyList<EndPoint> endPoints,
        KvsClientOptions? options = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(endPoints);
        if (endPoints.Count == 0 || endPoints.Count > KeySlot.Count || endPoints.Distinct().Count() < endPoints.Count)
        {
            throw new ArgumentException(
                $"A cluster has 1 to {KeySlot.Count} servers, each once.", nameof(endPoints));
        }

        foreach (EndPoint endPoint in endPoints)
        {
            ClientSocket.CheckEndPoint(endPoint);
        }

        var cluster = new KvsCluster([.. endPoints.Select(endPoint => KvsConnection.Start(endPoint, options))]);
        try
        {
            await Task.WhenAll(cluster._servers.Select(static server => server.FirstAttempt))
                .WaitAsync(cancellation).ConfigureAwait(false);
            if (!cluster._servers.Any(static server => server.IsConnected))
            {
                cluster._servers[0].ThrowIfFailed();
            }

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The server that owns a key.</summary>
    public KvsConnection OwnerOf(ReadOnlySpan<byte> key) => _servers[SlotMap.OwnerOf(key, _servers.Length)];

    /// <inheritdoc/>
    public ValueTask<byte[]?> GetAsync(ReadOnlyMemory<byte> key, CancellationToken cancellation = default) =>
        OwnerOf(key.Span).GetAsync(key, cancellation);

    /// <inheritdoc/>
    public ValueTask<KvsValue?> ReadAsync(ReadOnlyMemory<byte> key, CancellationToken cancellation = default) =>
        OwnerOf(key.Span).ReadAsync(key, cancellation);

    /// <inheritdoc/>
    public ValueTask SetAsync(
        ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, CancellationToken cancellation = default) =>
        OwnerOf(key.Span).SetAsync(key, value, cancellation);

    /// <inheritdoc/>
    public ValueTask<WriteResult> TrySetAsync(
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        WriteOptions options,
        CancellationToken cancellation = default) =>
        OwnerOf(key.Span).TrySetAsync(key, value, options, cancellation);

    /// <inheritdoc/>
    public ValueTask<WriteResult> TryRemoveAsync(
        ReadOnlyMemory<byte> key, WriteOptions options = default, CancellationToken cancellation = default) =>
        OwnerOf(key.Span).TryRemoveAsync(key, options, cancellation);

    /// <inheritdoc/>
    public ValueTask<long> IncrementAsync(
        ReadOnlyMemory<byte> key,
        long delta = 1,
        WriteOptions options = default,
        CancellationToken cancellation = default) =>
        OwnerOf(key.Span).IncrementAsync(key, delta, options, cancellation);

    /// <inheritdoc/>
    /// <remarks>What a server that is not there owns has that for its result: <see cref="KvsResult.Error"/>. So has
    /// what turns out to be too long for a server that was not there when the call was made.</remarks>
    public async ValueTask<IReadOnlyList<KvsResult>> ExecuteAsync(
        KvsBatch batch, Durability? durability = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (_servers.Length == 1)
        {
            _servers[0].CheckLength(batch, durability);
            return await ExecuteAsync(_servers[0], batch, durability, cancellation).ConfigureAwait(false);
        }

        // All parts are looked at before one is sent.
        KvsBatch?[] parts = Split(batch, out int[] owners);
        for (int i = 0; i < parts.Length; i++)
        {
            if (parts[i] is { } part)
            {
                _servers[i].CheckLength(part, durability);
            }
        }

        var executing = new Task<IReadOnlyList<KvsResult>>?[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            executing[i] = parts[i] is { } part
                ? ExecuteAsync(_servers[i], part, durability, cancellation)
                : null;
        }

        var results = new KvsResult[owners.Length];
        int[] taken = new int[parts.Length];
        await Task.WhenAll(executing.OfType<Task>()).ConfigureAwait(false);
        for (int i = 0; i < results.Length; i++)
        {
            int owner = owners[i];
            IReadOnlyList<KvsResult> part = await executing[owner]!.ConfigureAwait(false);
            results[i] = part[taken[owner]++];
        }

        return results;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Its keys are not all on one server: those with the same part in braces are
    /// (<see cref="KeySlot"/>).</exception>
    public ValueTask<bool> TryWriteAsync(
        WriteBatch batch, Durability? durability = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        int owner = -1;
        foreach (WriteBatch.Item item in batch.Items)
        {
            int next = SlotMap.OwnerOf(batch.KeyOf(item), _servers.Length);
            if (owner >= 0 && next != owner)
            {
                throw new ArgumentException(
                    "The keys of the batch are on several servers, so it cannot be made as one. Give them the same " +
                    "part in braces: {user1}.name and {user1}.mail are together.", nameof(batch));
            }

            owner = next;
        }

        return _servers[Math.Max(0, owner)].TryWriteAsync(batch, durability, cancellation);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<KvsEntry> ScanAsync(
        ReadOnlyMemory<byte> prefix = default,
        bool keysOnly = false,
        [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        foreach (KvsConnection server in _servers)
        {
            await foreach (KvsEntry entry in server.ScanAsync(prefix, keysOnly, cancellation).ConfigureAwait(false))
            {
                yield return entry;
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask PingAsync(CancellationToken cancellation = default) =>
        await Task.WhenAll(_servers.Select(server => server.PingAsync(cancellation).AsTask())).ConfigureAwait(false);

    /// <summary>Closes all connections. Calls in flight fail.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (KvsConnection server in _servers)
        {
            await server.DisposeAsync().ConfigureAwait(false);
        }
    }

    private KvsBatch?[] Split(KvsBatch batch, out int[] owners)
    {
        var parts = new KvsBatch?[_servers.Length];
        owners = new int[batch.Count];
        ReadOnlySpan<byte> body = batch.Request.Body;
        int at = 0;
        for (int i = 0; BatchItem.TryRead(body, ref at, out BatchItem item); i++)
        {
            owners[i] = SlotMap.OwnerOf(item.KeyIn(body), parts.Length);
            (parts[owners[i]] ??= new KvsBatch()).Request.Add(body, item);
        }

        return parts;
    }

    /// <summary>Executes the part of one server. Where that fails as a whole, each of its operations has.</summary>
    private static async Task<IReadOnlyList<KvsResult>> ExecuteAsync(
        KvsConnection server, KvsBatch part, Durability? durability, CancellationToken cancellation)
    {
        int count = part.Count;
        try
        {
            return await server.ExecuteAsync(part, durability, cancellation).ConfigureAwait(false);
        }
        catch (KvsException error)
        {
            return [.. Enumerable.Repeat(new KvsResult(error), count)];
        }
    }
}
