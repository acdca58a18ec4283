using System.Buffers;
using Kvs.Protocol.Resp;
using Kvs.Server.Sessions.Resp.Keyspaces;

namespace Kvs.Server.Sessions.Resp;

/// <summary>
/// The transaction of a connection: from MULTI on, requests are queued; EXEC runs them on a keyspace of their own and
/// writes what they have written as one batch.
/// </summary>
internal sealed class Transaction(RespSession session)
{
    private readonly List<QueuedRequest> _queue = [];
    private readonly Dictionary<byte[], ulong> _watched = new(KeyComparer.Instance);
    private long _queuedBytes;
    private bool _wasRefused;

    /// <summary>Whether requests are queued.</summary>
    internal bool IsOpen { get; private set; }

    /// <summary>How many requests are queued; -1 outside of a transaction.</summary>
    internal int QueuedRequests => IsOpen ? _queue.Count : -1;

    /// <summary>How many keys are watched.</summary>
    internal int WatchedKeys => _watched.Count;

    internal void Begin() => IsOpen = true;

    /// <summary>Forgets the transaction and the watched keys.</summary>
    internal void End()
    {
        IsOpen = false;
        _wasRefused = false;
        _queue.Clear();
        _queuedBytes = 0;
        _watched.Clear();
    }

    /// <summary>A request was refused that would have been part of the transaction: EXEC will not run it.</summary>
    internal void NoteRefusal() => _wasRefused |= IsOpen;

    /// <summary>Lets EXEC do nothing when this key has been written by then.</summary>
    internal void Watch(ReadOnlySpan<byte> key)
    {
        // Of one that is watched already, the first look counts. A key that cannot be is not there and stays so.
        if (!_watched.GetAlternateLookup<ReadOnlySpan<byte>>().ContainsKey(key) &&
            (session.Keys.TryRead(key, [], out ValueInfo info) || IsAllowed(key)))
        {
            _watched.Add(key.ToArray(), info.Version);
        }
    }

    internal void Unwatch() => _watched.Clear();

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
            bool isWritten = TryExecute(
                _watched, static (session, scoped in _) => session.Transaction.RunQueue(), request: default);
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
        bool hasWritten;
        do
        {
            if (watched.Any(key => VersionOf(key.Key) != key.Value))
            {
                return false;
            }

            keys.Clear();
            replies.ResetWrittenCount();
            session.Redirect(keys, replies);
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
