using System.Buffers;
using Kvs.Protocol.Binary;

namespace Kvs.Protocol.Resp;

/// <summary>
/// Cuts a stream of bytes, which arrives in pieces of any size, into requests of the Redis protocol.
/// </summary>
/// <remarks>
/// Requests that lie in one piece of the input are handed out where they lie, many at once. One that lies in several is
/// gathered in a buffer that grows with what arrives, not with what is announced; the input is consumed at once, so
/// that each byte is copied once. Not thread-safe.
/// </remarks>
public sealed class RespDecoder : IDisposable
{
    /// <summary>How much is added to a request that is being gathered while nobody knows where it ends, in bytes.
    /// What was too much is left in the input.</summary>
    private const int GatheredPieceBytes = 512;

    private readonly FrameBuffer _gathered = new();
    private ArgumentList? _gatheredArguments;
    private RequestParser _parser;
    private bool _isGathering;

    /// <summary>Makes a decoder of the requests of one connection.</summary>
    public RespDecoder(RespLimits limits) => Limits = limits;

    /// <summary>What is taken. Counts from the next request on.</summary>
    public RespLimits Limits { get; set; }

    /// <summary>What is wrong, after <see cref="RespDecodeResult.Broken"/>: Redis's words.</summary>
    public string Error => RespProtocol.Describe(_parser.Error, _parser.WrongByte);

    /// <summary>Bytes taken off the input of a request that is not yet complete.</summary>
    public long GatheredBytes => _isGathering ? _gathered.Length : 0;

    /// <summary>
    /// Finds the next requests. The caller executes them in order, and consumes the input up to
    /// <see cref="RequestBatch.ConsumedBy"/> of the last that it has executed before it calls again; it need not
    /// execute all, but at least the first. After <see cref="RespDecodeResult.NeedsMore"/>, call again with the rest of
    /// the input and what came since; after <see cref="RespDecodeResult.Broken"/>, never again.
    /// </summary>
    /// <param name="input">What has arrived. What is of no use any more is consumed.</param>
    /// <param name="batch">Gets the requests.</param>
    /// <param name="maxRequests">The most requests that are wanted, at least 1.</param>
    /// <param name="bytes">What the requests lie in.</param>
    public RespDecodeResult Decode(
        scoped ref ReadOnlySequence<byte> input, RequestBatch batch, int maxRequests, out ReadOnlySpan<byte> bytes)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Clear();
        bytes = default;
        if (!_isGathering)
        {
            _gathered.Clear();
        }

        // A request without arguments is none: what follows it may be one.
        while (batch.Count == 0)
        {
            if (input.IsEmpty)
            {
                return RespDecodeResult.NeedsMore;
            }

            bool isSound = _isGathering
                ? TryGather(ref input, batch, out bytes)
                : TryReadInPlace(ref input, batch, Math.Min(maxRequests, RequestBatch.MaxRequests), out bytes);
            if (!isSound)
            {
                return RespDecodeResult.Broken;
            }
        }

        return RespDecodeResult.Requests;
    }

    /// <summary>Gives back the memory of a request that was begun.</summary>
    public void Dispose() => _gathered.Dispose();

    /// <summary>Finds requests in the first piece of the input. Where there is only the begin of one, it is gathered
    /// from here on.</summary>
    private bool TryReadInPlace(
        scoped ref ReadOnlySequence<byte> input, RequestBatch batch, int maxRequests, out ReadOnlySpan<byte> bytes)
    {
        bytes = SequenceFront.FirstNonEmpty(ref input);
        int done = 0;
        while (batch.Count < maxRequests && done < bytes.Length)
        {
            _parser = new RequestParser(done);
            ParseResult result = _parser.Parse(bytes, batch.Arguments, Limits);
            bool isComplete = result == ParseResult.Complete ||
                (result == ParseResult.Inline && InlineRequest.TrySplit(bytes, _parser.Line, batch.Arguments));
            if (isComplete)
            {
                done = _parser.Position;
                batch.EndRequest(done, isInline: result == ParseResult.Inline);
                continue;
            }

            if (batch.Count > 0)
            {
                // Those before it first; it is looked at again when its turn comes.
                batch.DropUnfinished();
                return true;
            }

            input = input.Slice(done);
            switch (result)
            {
                case ParseResult.NeedsMore:
                    BeginGathering(ref input, bytes.Length - done, done, batch);
                    return true;
                case ParseResult.Inline:
                    input = input.Slice(_parser.Position - done);
                    return TryUnquote(ref bytes, batch);
                default:
                    return false;
            }
        }

        if (batch.Count == 0)
        {
            input = input.Slice(done);
        }

        return true;
    }

    /// <summary>Makes a request of a line that has quotes: of a copy, from which they are taken.</summary>
    private bool TryUnquote(ref ReadOnlySpan<byte> bytes, RequestBatch batch)
    {
        byte[] line = bytes.Slice(_parser.Line.Start, _parser.Line.Length).ToArray();
        bytes = line;
        if (!InlineRequest.TryUnquote(line, batch.Arguments))
        {
            _parser.Fail(RespProtocolError.UnbalancedQuotes);
            return false;
        }

        batch.EndRequest(consumedBytes: 0, isInline: true);
        return true;
    }

    private void BeginGathering(
        scoped ref ReadOnlySequence<byte> input, int beginBytes, int origin, RequestBatch batch)
    {
        _isGathering = true;
        _gathered.Clear();
        _gatheredArguments ??= new ArgumentList();
        _gatheredArguments.AddAll(batch.Arguments[..], origin);
        batch.DropUnfinished();
        _parser.MoveOrigin(origin);
        Append(ref input, beginBytes);
    }

    /// <summary>Goes on with a request that lies in several pieces.</summary>
    private bool TryGather(scoped ref ReadOnlySequence<byte> input, RequestBatch batch, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        while (!input.IsEmpty)
        {
            ReadOnlySequence<byte> before = input;
            int wanted = Math.Max(_parser.NeededBytes - _gathered.Length, GatheredPieceBytes);
            int appended = (int)Math.Min(wanted, input.Length);
            Append(ref input, appended);
            ParseResult result = _parser.Parse(_gathered.Written, _gatheredArguments!, Limits);
            if (result == ParseResult.NeedsMore && _gathered.Length > Limits.MaxRequestBytes)
            {
                result = _parser.Fail(RespProtocolError.LongRequest);
            }

            if (result == ParseResult.Broken)
            {
                return false;
            }

            if (result != ParseResult.NeedsMore)
            {
                int surplus = _gathered.Length - _parser.Position;
                input = before.Slice(appended - surplus);
                bytes = _gathered.Written;
                return TryEndGathering(ref bytes, batch, isInline: result == ParseResult.Inline);
            }
        }

        return true;
    }

    private bool TryEndGathering(ref ReadOnlySpan<byte> bytes, RequestBatch batch, bool isInline)
    {
        _isGathering = false;
        batch.Arguments.AddAll(_gatheredArguments![..], origin: 0);
        _gatheredArguments.Clear();
        if (isInline && !InlineRequest.TrySplit(bytes, _parser.Line, batch.Arguments))
        {
            return TryUnquote(ref bytes, batch);
        }

        batch.EndRequest(consumedBytes: 0, isInline);
        return true;
    }

    private void Append(scoped ref ReadOnlySequence<byte> input, int count)
    {
        _gathered.Append(
            input.Slice(0, count), Math.Max(_parser.ExpectedBytes, _gathered.Length + count));
        input = input.Slice(count);
    }
}
