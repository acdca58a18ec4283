using System.Buffers;
using System.Net;
using Kvs.Protocol.Resp;
using Kvs.Server.Connections;
using Kvs.Server.Sessions.Resp.Commands;
using Kvs.Server.Sessions.Resp.Keyspaces;

namespace Kvs.Server.Sessions.Resp;

/// <summary>
/// The Redis protocol: finds the requests that have arrived, brings near what all of them will look at, and executes
/// them in order.
/// </summary>
/// <remarks>One thread at a time calls it, except that the description of the client (<see cref="Client"/>) may be read
/// from anywhere.</remarks>
internal sealed class RespSession : ISession
{
    private readonly RespDecoder _decoder;
    private readonly EngineKeyspace _engineKeys;
    private ReplyBuffer? _output;
    private bool _isHeld;

    internal RespSession(ServerContext context, EndPoint? remoteEndPoint)
    {
        Context = context;
        Server = context.Resp;
        Client = new RespClient(Server.NextClientId(), remoteEndPoint);
        IsOpen = !context.Access.NeedsPassword;
        _decoder = new RespDecoder(RespLimits.Of(context.Engine.Limits, IsOpen));
        _engineKeys = new EngineKeyspace(context, this);
        Keys = _engineKeys;
        Reply = new RespWriter(new ArrayBufferWriter<byte>());
        Values = new ValueReply(this);
        Transaction = new Transaction(this);
        Server.Sessions[Client.Id] = this;
    }

    /// <summary>Whether the client may do more than say who it is.</summary>
    public bool IsOpen { get; private set; }

    public long UnfinishedBytes => _decoder.GatheredBytes;

    public long Executed { get; private set; }

    internal ServerContext Context { get; }

    internal RespServer Server { get; }

    internal RespClient Client { get; }

    /// <summary>What commands see of the store.</summary>
    internal Keyspace Keys { get; private set; }

    /// <summary>Where commands write their replies.</summary>
    internal RespWriter Reply { get; }

    /// <summary>Replies that are values.</summary>
    internal ValueReply Values { get; }

    internal Transaction Transaction { get; }

    /// <summary>Whether the present reply is the last.</summary>
    internal bool IsClosing { get; private set; }

    public SessionOutcome Process(ref ReadOnlySequence<byte> input, ReplyBuffer output)
    {
        _output = output;
        Reply.Output = output;
        Client.NoteActivity();
        RoundScratch scratch = RoundScratch.OfThread;
        while (!IsFull(output))
        {
            // What a client may send changes when it has said who it is: till then, one request at a time.
            int most = IsOpen ? RequestBatch.MaxRequests : 1;
            switch (_decoder.Decode(ref input, scratch.Batch, most, out ReadOnlySpan<byte> bytes))
            {
                case RespDecodeResult.NeedsMore:
                    return SessionOutcome.NeedsInput;
                case RespDecodeResult.Broken:
                    Reply.Error(_decoder.Error);
                    return SessionOutcome.Closing;
            }

            int executed = Execute(scratch, bytes, output);
            input = input.Slice(scratch.Batch.ConsumedBy(executed - 1));
            if (IsClosing)
            {
                return SessionOutcome.Closing;
            }
        }

        return SessionOutcome.OutputFull;
    }

    public void WriteNotDurable(
        uint tag, ReadOnlySpan<byte> held, KvsWriteException error, ReplyBuffer output) =>
        new RespWriter(output).Error(Describe(error));

    public void WriteFarewell(Farewell farewell, ReplyBuffer output)
    {
        // Only what answers a request: clients of this protocol take a reply for that to their next one.
        if (farewell == Farewell.TooManyConnections)
        {
            new RespWriter(output).Error("ERR max number of clients reached"u8);
        }
        else if (farewell == Farewell.Failed)
        {
            new RespWriter(output).Error("ERR The server failed; its log says why"u8);
        }
    }

    public void Dispose()
    {
        Server.Sessions.TryRemove(Client.Id, out _);
        _decoder.Dispose();
    }

    /// <summary>The client has said who it is, or nobody any more.</summary>
    internal void SetOpen(bool isOpen)
    {
        IsOpen = isOpen;
        _decoder.Limits = _decoder.Limits with { IsAuthenticated = isOpen };
    }

    /// <summary>Ends the connection when the present reply is out.</summary>
    internal void Close() => IsClosing = true;

    /// <summary>What is written from now on for the present request is said only once a sync has covered all that was
    /// written, where the server's durability asks for it.</summary>
    internal void NoteWrite()
    {
        if (Context.SyncsBeforeReplying)
        {
            HoldReply();
        }
    }

    /// <summary>What is written from now on for the present request is said only once a sync has covered all that was
    /// written.</summary>
    internal void HoldReply()
    {
        if (!_isHeld)
        {
            _output!.BeginHeld(tag: 0);
            _isHeld = true;
        }
    }

    /// <summary>Lets commands see another keyspace, and write to another place, for a while.</summary>
    internal void Redirect(Keyspace? keys, IBufferWriter<byte>? output)
    {
        Keys = keys ?? _engineKeys;
        Reply.Output = output ?? _output!;
    }

    /// <summary>Answers a value; nothing where it is null.</summary>
    internal void ReplyValue(byte[]? value)
    {
        if (value is null)
        {
            Reply.Null();
        }
        else
        {
            Reply.Bulk(value);
        }
    }

    /// <summary>Executes a command that is not queued, and answers what goes wrong.</summary>
    internal void Run(RespCommand command, scoped in RespRequest request)
    {
        try
        {
            command.Execute(this, request);
        }
        catch (KvsException error)
        {
            Reply.Error(Describe(error));
        }
    }

    internal static string Describe(KvsException error) => error switch
    {
        // The word by which clients know a server that cannot write to its disk.
        KvsWriteException => $"MISCONF Errors writing to the log: {error.Message}",
        _ => $"ERR {error.Message}",
    };

    private bool IsFull(ReplyBuffer output) =>
        output.UnflushedBytes >= Context.Options.MaxBufferedOutputBytes;

    /// <summary>Executes requests until the output is full or the connection ends; says how many.</summary>
    private int Execute(RoundScratch scratch, ReadOnlySpan<byte> bytes, ReplyBuffer output)
    {
        int count = scratch.Batch.Count;
        FindCommands(scratch, bytes, count);
        for (int i = 0; i < count; i++)
        {
            Dispatcher.Dispatch(this, scratch.Commands[i], scratch.Batch.Get(i, bytes));
            Executed++;
            if (_isHeld)
            {
                output.EndHeld();
                _isHeld = false;
            }

            if (IsClosing || IsFull(output))
            {
                return i + 1;
            }
        }

        return count;
    }

    private void FindCommands(RoundScratch scratch, ReadOnlySpan<byte> bytes, int count)
    {
        int keys = 0;
        for (int i = 0; i < count; i++)
        {
            RespRequest request = scratch.Batch.Get(i, bytes);
            RespCommand? command = RespCommands.Table.Find(request[0]);
            scratch.Commands[i] = command;
            if (command is { FirstKey: > 0 } && command.Takes(request.Count))
            {
                int last = command.LastKey < 0 ? request.Count + command.LastKey : command.LastKey;
                for (int key = command.FirstKey; key <= last && keys < RoundScratch.MaxKeys; key += command.KeyStep)
                {
                    scratch.Keys[keys++] = request.Arguments[key];
                }
            }
        }

        // A single one is looked at at once anyway.
        if (keys > 1)
        {
            Context.Engine.Prefetch(bytes, scratch.Keys.AsSpan(0, keys));
        }
    }
}
