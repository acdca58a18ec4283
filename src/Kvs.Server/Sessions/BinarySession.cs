using System.Buffers;
using Kvs.Protocol.Binary;
using Kvs.Server.Connections;

namespace Kvs.Server.Sessions;

/// <summary>The binary protocol: the handshake, then requests, each answered before the next is executed.</summary>
internal sealed class BinarySession : ISession
{
    /// <summary>So many requests that have arrived together are looked at ahead, for what they need from memory: more
    /// than the processor fetches at a time, few enough that what was fetched first is still near.</summary>
    private const int GroupRequests = 32;

    private readonly ServerContext _context;
    private readonly BinaryOperations _operations;
    private readonly BinaryBatch _batch;
    private readonly FrameDecoder _decoder = new(BinaryProtocol.RequestMagic, BinaryProtocol.MaxHelloBytes);
    private long _requests;

    internal BinarySession(ServerContext context)
    {
        _context = context;
        var writes = new BinaryWrites(context);
        _operations = new BinaryOperations(context, writes);
        _batch = new BinaryBatch(context, writes);
    }

    public bool IsOpen { get; private set; }

    public long UnfinishedBytes => _decoder.InBody ? BinaryProtocol.HeaderBytes + _decoder.GatheredBytes : 0;

    public long Executed => _requests + _batch.Executed;

    private bool IsFull(ReplyBuffer output) => output.UnflushedBytes >= _context.Options.MaxBufferedOutputBytes;

    public SessionOutcome Process(ref ReadOnlySequence<byte> input, ReplyBuffer output)
    {
        if (_batch.IsUnderWay && !_batch.TryFinish(_decoder.KeptBody, output))
        {
            return SessionOutcome.OutputFull;
        }

        while (!IsFull(output))
        {
            if (IsOpen && !_decoder.InBody && ExecuteTogether(ref input, output))
            {
                continue;
            }

            switch (_decoder.TryDecode(ref input, out Frame frame))
            {
                case DecodeResult.NeedsMore:
                    return SessionOutcome.NeedsInput;

                case DecodeResult.Frame when Execute(frame, output):
                    break;

                case DecodeResult.Frame:
                    return _batch.IsUnderWay ? SessionOutcome.OutputFull : SessionOutcome.Closing;

                case DecodeResult.TooLong:
                    WriteLast(
                        output, _decoder.Header.RequestId, ReplyStatus.FrameTooLong,
                        $"The request announces {_decoder.Header.BodyBytes} bytes; " +
                        $"the limit is {_decoder.MaxBodyBytes} bytes.");
                    return SessionOutcome.Closing;

                case DecodeResult.BadMagic:
                default:
                    WriteLast(
                        output, BinaryProtocol.NoRequest, ReplyStatus.BrokenFrame,
                        $"A request begins with the byte 0x{BinaryProtocol.RequestMagic:X2}; this one does not.");
                    return SessionOutcome.Closing;
            }
        }

        return SessionOutcome.OutputFull;
    }

    public void WriteFarewell(Farewell farewell, ReplyBuffer output)
    {
        (ReplyStatus status, string message) = farewell switch
        {
            Farewell.TooManyConnections => (
                ReplyStatus.TooManyConnections,
                $"The server has {_context.Options.MaxConnections} connections and takes no more."),
            Farewell.TimedOut => (
                ReplyStatus.TimedOut,
                "The handshake or a request was not finished in time, or the connection was idle for too long."),
            Farewell.Stopping => (ReplyStatus.Stopping, "The server is stopping."),
            _ => (ReplyStatus.InternalError, "The server failed; its log says why."),
        };
        WriteLast(output, BinaryProtocol.NoRequest, status, message);
    }

    public void WriteNotDurable(uint tag, ReadOnlySpan<byte> held, KvsWriteException error, ReplyBuffer output)
    {
        if (held.IsEmpty)
        {
            // Begun for a result that then was too long for it.
            return;
        }

        if (((ReplyFlags)FrameHeader.Read(held).Flags).HasFlag(ReplyFlags.Results))
        {
            BinaryBatch.WriteNotDurable(tag, held, error, output);
        }
        else
        {
            BinaryOperations.WriteAnswer(tag, BinaryAnswer.To(error)!.Value, output);
        }
    }

    public void Dispose() => _decoder.Dispose();

    /// <summary>Executes requests that lie together in one piece of the input, in their order, after what they look at
    /// has been asked for from memory. False where there are not several.</summary>
    private bool ExecuteTogether(ref ReadOnlySequence<byte> input, ReplyBuffer output)
    {
        ReadOnlySpan<byte> bytes = input.FirstSpan;
        Span<SingleRequest> requests = stackalloc SingleRequest[GroupRequests];
        int count = SingleRequest.FindAll(bytes, _decoder.MaxBodyBytes, requests);
        if (count < 2)
        {
            return false;
        }

        Span<KeyRange> keys = stackalloc KeyRange[GroupRequests];
        for (int i = 0; i < count; i++)
        {
            keys[i] = requests[i].Key;
        }

        _context.Engine.Prefetch(bytes, keys[..count]);
        int executed = 0;
        while (executed < count && !IsFull(output))
        {
            _requests++;
            _operations.Execute(requests[executed++].In(bytes), output);
        }

        input = input.Slice(requests[executed - 1].End);
        return true;
    }

    /// <summary>Executes one request and writes its reply; false where that was the connection's last, or a batch is
    /// not finished.</summary>
    private bool Execute(in Frame frame, ReplyBuffer output)
    {
        if (!IsOpen)
        {
            return ShakeHands(frame, output);
        }

        switch ((Operation)frame.Header.Code)
        {
            case Operation.Hello:
                WriteLast(
                    output, frame.Header.RequestId, ReplyStatus.HandshakeExpected, "The handshake comes once.");
                return false;
            case Operation.Batch or Operation.GetMany:
                return BeginBatch(frame, output);
            default:
                _requests++;
                _operations.Execute(frame, output);
                return true;
        }
    }

    private bool BeginBatch(in Frame frame, ReplyBuffer output)
    {
        ReadOnlySpan<byte> rest = frame.Body;
        if (!BinaryOperations.TryReadFields(frame.Header, ref rest, output, out RequestFields fields))
        {
            return true;
        }

        _batch.Begin(frame.Header, fields);
        if (_batch.TryFinish(frame.Body, output))
        {
            return true;
        }

        _decoder.Keep(frame);
        return false;
    }

    private bool ShakeHands(in Frame frame, ReplyBuffer output)
    {
        uint id = frame.Header.RequestId;
        if (frame.Header.Code != (byte)Operation.Hello
            || frame.Header.Flags != 0
            || !RequestReader.TryReadHello(
                frame.Body, out ushort lowest, out ushort highest, out ReadOnlySpan<byte> password))
        {
            WriteLast(output, id, ReplyStatus.HandshakeExpected, "The first request must be the handshake.");
            return false;
        }

        if (BinaryProtocol.Version < lowest || BinaryProtocol.Version > highest)
        {
            WriteLast(
                output, id, ReplyStatus.UnsupportedVersion,
                $"This server speaks version {BinaryProtocol.Version} of the protocol.");
            return false;
        }

        if (!_context.Access.Admits(password))
        {
            WriteLast(
                output, id, ReplyStatus.AccessDenied,
                password.IsEmpty ? "This server wants a password." : "That is not the server's password.");
            return false;
        }

        Limits limits = _context.Engine.Limits;
        uint maxRequestBytes = BinaryProtocol.MaxRequestBytes(limits);
        var hello = new ServerHello(
            BinaryProtocol.Version,
            (uint)limits.MaxKeyBytes,
            (uint)limits.MaxValueBytes,
            maxRequestBytes,
            BinaryProtocol.MaxReplyBytes(limits));
        ReplyWriter.WriteHello(output, id, hello);
        _decoder.MaxBodyBytes = maxRequestBytes;
        IsOpen = true;
        return true;
    }

    private static void WriteLast(ReplyBuffer output, uint requestId, ReplyStatus status, string message) =>
        ReplyWriter.WriteError(output, requestId, status, ReplyFlags.Last, message);
}
