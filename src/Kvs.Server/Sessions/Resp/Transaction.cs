using System.Buffers;
using Kvs.Protocol.Resp;
using Kvs.Server.Connections;
using Kvs.Server.Sessions.Resp.Keyspaces;

namespace Kvs.Server.Sessions.Resp;

/// <summary>
/// The transaction of a connection: from MULTI on, requests are queued; EXEC runs them on a keyspace of their own and
/// writes what they have written as one batch.
/// </summary>
internal sealed class Transaction(RespSession session)
{
    /// <summary>A transaction that others overtake again and again is given up after so long, and some attempts.
    /// </summary>
    private const long MaxTimeMs = 5_000;

    private const int LeastAttempts = 10;

    private readonly List<QueuedRequest> _queue = [];
    private readonly Dictionary<byte[], ulong> _watched = new(KeyComparer.Instance);
    private long _queuedBytes;
    private long _watchedBytes;
    private bool _wasRefused;

    /// <summary>Whether requests are queued.</summary>
    internal bool IsOpen { get; private set; }

    /// <summary>How many requests are queued; -1 outside of a transaction.</summary>
    internal int QueuedRequests => IsOpen ? _queue.Count : -1;

    internal void Begin() => IsOpen = true;

    /// <summary>Forgets the transaction and the watched keys.</summary>
    internal void End()
    {
        IsOpen = false;
        _wasRefused = false;
        _queue.Clear();
        _queuedBytes = 0;
        Unwatch();
    }

    /// <summary>A request was refused that would have been part of the transaction: EXEC will not run it.</summary>
    internal void NoteRefusal() => _wasRefused |= IsOpen;

    /// <summary>Lets EXEC do nothing when this key has been written by then. False where too many are watched to be
    /// requirements of one batch.</summary>
    internal bool TryWatch(ReadOnlySpan<byte> key)
    {
        // Of one that is watched already, the first look counts. A key that cannot be is not there and stays so.
        if (!_watched.GetAlternateLookup<ReadOnlySpan<byte>>().ContainsKey(key) &&
            (session.Keys.TryRead(key, [], out ValueInfo info) || IsAllowed(key)))
        {
            _watchedBytes += key.Length + Limits.BatchItemBytes;
            if (_watchedBytes > Limits.MaxBatchBytes)
            {
                return false;
            }

            _watched.Add(key.ToArray(), info.Version);
        }

        return true;
    }

    internal void Unwatch()
    {
        _watched.Clear();
        _watchedBytes = 0;
    }

    /// <summary>Queues a request, or executes it where it is about the transaction itself.</summary>
    internal void Take(RespCommand command, scoped in RespRequest request)
    {
        if (command.Is(CommandFlags.NoMulti))
        {
            NoteRefusal();
            session.Reply.Error("ERR Command not allowed inside a transaction"u8);
            return;
        }

        if (command.Is(CommandFlags.NotQueued))
        {
            session.Run(command, request);
            return;
        }

        var queued = new QueuedRequest(command, request);
        _queuedBytes += queued.Bytes;
        if (_queuedBytes > RespLimits.Of(session.Context.Engine.Limits, isAuthenticated: true).MaxRequestBytes)
        {
            End();
            session.Reply.Error("ERR The transaction is too large"u8);
            session.Close();
            return;
        }

        _queue.Add(queued);
        session.Reply.Simple("QUEUED"u8);
    }

    /// <summary>Runs what is queued.</summary>
    internal void Execute()
    {
        if (_wasRefused)
        {
            End();
            session.Reply.Error("EXECABORT Transaction discarded because of previous errors."u8);
            return;
        }

        // While its requests run, they are not queued.
        IsOpen = false;
        try
        {
            // A copy: UNWATCH in the queue comes too late to let this EXEC overlook a change.
            bool isWritten = TryExecute(
                [.. _watched], static (session, scoped in _) => session.Transaction.RunQueue(), request: default);
            if (!isWritten)
            {
                session.Reply.NullArray();
            }
        }
        finally
        {
            End();
        }
    }

    /// <summary>Runs a command that writes several keys, or looks before it writes, as if it were a transaction: all of
    /// it happens at one moment.</summary>
    internal void ExecuteAsOne(RespHandler command, scoped in RespRequest request)
    {
        if (session.Keys is TransactionKeyspace)
        {
            command(session, request);
            return;
        }

        _ = TryExecute([], command, request);
    }

    private void RunQueue()
    {
        session.Reply.Array(_queue.Count);
        foreach (QueuedRequest queued in _queue)
        {
            session.Run(queued.Command, queued.Request);
        }
    }

    /// <summary>Runs commands on a keyspace of their own until what they have read is still so when all is written.
    /// False, and nothing written, when a watched key has been.</summary>
    private bool TryExecute(
        IReadOnlyCollection<KeyValuePair<byte[], ulong>> watched, RespHandler commands, scoped in RespRequest request)
    {
        var keys = new TransactionKeyspace(session.Context);
        var replies = new ArrayBufferWriter<byte>();
        var bounded = new BoundedWriter(
            replies, RespLimits.Of(session.Context.Engine.Limits, isAuthenticated: true).MaxRequestBytes);
        bool hasWritten;
        int attempts = 0;
        long beganAtMs = Environment.TickCount64;
        do
        {
            if (++attempts > LeastAttempts && Environment.TickCount64 - beganAtMs > MaxTimeMs)
            {
                throw new TransactionException("Other clients change what the transaction reads faster than it runs.");
            }

            if (watched.Any(key => VersionOf(key.Key) != key.Value))
            {
                return false;
            }

            keys.Clear();
            replies.ResetWrittenCount();
            session.Redirect(keys, bounded);
            try
            {
                commands(session, request);
            }
            finally
            {
                session.Redirect(keys: null, output: null);
            }
        }
        while (!keys.TryCommit(watched, out hasWritten));

        if (hasWritten)
        {
            session.NoteWrite();
        }

        session.Reply.Output.Write(replies.WrittenSpan);
        return true;
    }

    private ulong VersionOf(byte[] key)
    {
        _ = session.Keys.TryRead(key, [], out ValueInfo info);
        return info.Version;
    }

    private bool IsAllowed(ReadOnlySpan<byte> key) =>
        !key.IsEmpty && key.Length <= session.Context.Engine.Limits.MaxKeyBytes;
}
