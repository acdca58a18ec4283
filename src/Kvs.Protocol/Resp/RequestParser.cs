namespace Kvs.Protocol.Resp;

/// <summary>
/// Where the reading of one request stands: it stops wherever the bytes end, and goes on when there are more of them,
/// without looking again at the arguments that it has seen.
/// </summary>
/// <remarks><code>
/// request  = "*" count CRLF { "$" length CRLF bytes CRLF }  |  inline
/// inline   = { word space } LF
/// </code>
/// Takes what Redis takes, which looks at a carriage return and skips the byte behind it, whatever that is.</remarks>
internal struct RequestParser(int start)
{
    private const int NotKnown = -1;

    /// <summary>A number of so many digits fits 32 bits.</summary>
    private const int MaxUsualDigits = 9;

    private int _missing = NotKnown;
    private int _bulkBytes = NotKnown;

    /// <summary>What has been understood ends here.</summary>
    internal int Position { get; private set; } = start;

    /// <summary>What is wrong, when <see cref="Parse"/> says so.</summary>
    internal RespProtocolError Error { get; private set; }

    /// <summary>The byte that is wrong.</summary>
    internal byte WrongByte { get; private set; }

    /// <summary>Of an inline request, its line, without its end.</summary>
    internal KeyRange Line { get; private set; }

    /// <summary>How long the bytes must be before there is any use in going on.</summary>
    internal readonly int NeededBytes =>
        _bulkBytes == NotKnown ? Position + 1 : Position + _bulkBytes + RespProtocol.LineEndBytes;

    /// <summary>Where the request ends; unknown before its last argument has begun, and then as long as any can
    /// be.</summary>
    internal readonly int ExpectedBytes =>
        _missing == 1 && _bulkBytes != NotKnown ? NeededBytes : Array.MaxLength;

    /// <summary>Reads on.</summary>
    /// <param name="bytes">Those of before, and more.</param>
    /// <param name="arguments">Gets the arguments that are complete.</param>
    /// <param name="limits">What is taken.</param>
    internal ParseResult Parse(ReadOnlySpan<byte> bytes, ArgumentList arguments, in RespLimits limits)
    {
        if (_missing == NotKnown)
        {
            if (Position >= bytes.Length)
            {
                return ParseResult.NeedsMore;
            }

            if (bytes[Position] != (byte)'*')
            {
                return FindLine(bytes);
            }

            ParseResult begun = ReadCount(bytes, limits);
            if (begun != ParseResult.Complete)
            {
                return begun;
            }
        }

        while (_missing > 0)
        {
            if (_bulkBytes == NotKnown)
            {
                ParseResult begun = ReadLength(bytes, limits);
                if (begun != ParseResult.Complete)
                {
                    return begun;
                }
            }

            if (bytes.Length - Position < _bulkBytes + RespProtocol.LineEndBytes)
            {
                return ParseResult.NeedsMore;
            }

            arguments.Add(Position, _bulkBytes);
            Position += _bulkBytes + RespProtocol.LineEndBytes;
            _bulkBytes = NotKnown;
            _missing--;
        }

        return ParseResult.Complete;
    }

    /// <summary>Counts from another place: what lay before it is gone.</summary>
    internal void MoveOrigin(int origin) => Position -= origin;

    private ParseResult FindLine(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> rest = bytes[Position..];
        int lineBytes = rest.IndexOf((byte)'\n');
        if (lineBytes < 0)
        {
            return rest.Length > RespLimits.MaxLineBytes ? Fail(RespProtocolError.LongInline) : ParseResult.NeedsMore;
        }

        bool hasReturn = lineBytes > 0 && rest[lineBytes - 1] == (byte)'\r';
        Line = new KeyRange(Position, hasReturn ? lineBytes - 1 : lineBytes);
        Position += lineBytes + 1;
        return ParseResult.Inline;
    }

    private ParseResult ReadCount(ReadOnlySpan<byte> bytes, in RespLimits limits)
    {
        ParseResult read = ReadNumber(
            bytes, RespProtocolError.LongCount, RespProtocolError.InvalidCount, out long count);
        if (read != ParseResult.Complete)
        {
            return read;
        }

        if (count > limits.MaxArguments)
        {
            return Fail(RespProtocolError.InvalidCount);
        }

        if (!limits.IsAuthenticated && count > RespLimits.MaxArgumentsBeforeAuthentication)
        {
            return Fail(RespProtocolError.UnauthenticatedCount);
        }

        _missing = (int)Math.Max(0, count);
        return ParseResult.Complete;
    }

    private ParseResult ReadLength(ReadOnlySpan<byte> bytes, in RespLimits limits)
    {
        int begin = Position;
        ParseResult read = ReadNumber(
            bytes, RespProtocolError.LongLength, RespProtocolError.InvalidLength, out long length);
        if (read == ParseResult.NeedsMore || Error == RespProtocolError.LongLength)
        {
            return read;
        }

        if (bytes[begin] != (byte)'$')
        {
            WrongByte = bytes[begin];
            return Fail(RespProtocolError.NoLength);
        }

        if (read != ParseResult.Complete || length < 0 || length > limits.MaxBulkBytes)
        {
            return Fail(RespProtocolError.InvalidLength);
        }

        if (!limits.IsAuthenticated && length > RespLimits.MaxBulkBytesBeforeAuthentication)
        {
            return Fail(RespProtocolError.UnauthenticatedLength);
        }

        if (Position + length > limits.MaxRequestBytes)
        {
            return Fail(RespProtocolError.LongRequest);
        }

        _bulkBytes = (int)length;
        return ParseResult.Complete;
    }

    /// <summary>Reads the number behind the byte that says what it is, and goes behind its line.</summary>
    private ParseResult ReadNumber(
        ReadOnlySpan<byte> bytes, RespProtocolError ifLong, RespProtocolError ifInvalid, out long number)
    {
        // Nearly all are a few digits, and whole.
        int sum = 0;
        int next = Position + 1;
        int digits = 0;
        while (next < bytes.Length && digits < MaxUsualDigits && (uint)(bytes[next] - '0') <= 9)
        {
            sum = (sum * 10) + bytes[next] - '0';
            digits++;
            next++;
        }

        bool isCanonical = digits == 1 || (digits > 1 && bytes[Position + 1] != (byte)'0');
        if (isCanonical && next + 1 < bytes.Length && bytes[next] == (byte)'\r')
        {
            Position = next + RespProtocol.LineEndBytes;
            number = sum;
            return ParseResult.Complete;
        }

        return ReadUnusualNumber(bytes, ifLong, ifInvalid, out number);
    }

    private ParseResult ReadUnusualNumber(
        ReadOnlySpan<byte> bytes, RespProtocolError ifLong, RespProtocolError ifInvalid, out long number)
    {
        number = 0;
        ReadOnlySpan<byte> rest = bytes[Position..];
        int lineBytes = rest.IndexOf((byte)'\r');
        if (lineBytes < 0)
        {
            return rest.Length > RespLimits.MaxLineBytes ? Fail(ifLong) : ParseResult.NeedsMore;
        }

        if (rest.Length < lineBytes + RespProtocol.LineEndBytes)
        {
            return ParseResult.NeedsMore;
        }

        if (lineBytes == 0 || !RespNumber.TryParse(rest[1..lineBytes], out number))
        {
            return Fail(ifInvalid);
        }

        Position += lineBytes + RespProtocol.LineEndBytes;
        return ParseResult.Complete;
    }

    /// <summary>Says what is wrong with a request that is complete, or has grown too long.</summary>
    internal ParseResult Fail(RespProtocolError error)
    {
        Error = error;
        return ParseResult.Broken;
    }
}
