using System.Buffers;
using Kvs.Protocol.Binary;
using Kvs.Server.Connections;

namespace Kvs.Server.Sessions;

/// <summary>The binary protocol: the handshake, then requests, each answered before the next is looked at.</summary>
internal sealed class BinarySession : ISession
{
    private readonly ServerContext _context;
    private readonly BinaryOperations _operations;
    private readonly FrameDecoder _decoder = new(BinaryProtocol.RequestMagic, BinaryProtocol.MaxHelloBytes);

    internal BinarySession(ServerContext context)
    {
        _context = context;
        _operations = new BinaryOperations(context);
    }

    public bool IsOpen { get; private set; }

    public long UnfinishedBytes => _decoder.InBody ? BinaryProtocol.HeaderBytes + _decoder.GatheredBytes : 0;

    public long Executed { get; private set; }

    public SessionOutcome Process(ref ReadOnlySequence<byte> input, ReplyBuffer output)
    {
        while (output.UnflushedBytes < _context.Options.MaxBufferedOutputBytes)
        {
            switch (_decoder.TryDecode(ref input, out Frame frame))
            {
                case DecodeResult.NeedsMore:
                    return SessionOutcome.NeedsInput;

                case DecodeResult.Frame when Execute(frame, output):
                    break;

                case DecodeResult.Frame:
                    return SessionOutcome.Closing;

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

    public void WriteNotDurable(uint tag, KvsWriteException error, IBufferWriter<byte> output) =>
        BinaryOperations.WriteFailed(tag, error, output);

    public void Dispose() => _decoder.Dispose();

    /// <summary>Executes one request and writes its reply; false where that was the connection's last.</summary>
    private bool Execute(in Frame frame, ReplyBuffer output)
    {
        if (!IsOpen)
        {
            return ShakeHands(frame, output);
        }

        Executed++;
        if (frame.Header.Code != (byte)Operation.Hello)
        {
            _operations.Execute(frame, output);
            return true;
        }

        WriteLast(output, frame.Header.RequestId, ReplyStatus.HandshakeExpected, "The handshake comes once.");
        return false;
    }

    private bool ShakeHands(in Frame frame, ReplyBuffer output)
    {
        uint id = frame.Header.RequestId;
        if (frame.Header.Code != (byte)Operation.Hello
            || frame.Header.Flags != 0
            || !RequestReader.TryReadHello(frame.Body, out ushort lowest, out ushort highest))
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
