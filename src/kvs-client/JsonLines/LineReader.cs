namespace Kvs.ClientProgram.JsonLines;

/// <summary>Cuts a stream into lines. For one thread.</summary>
internal sealed class LineReader(Stream stream, int maxLineBytes = LineReader.DefaultMaxLineBytes)
{
    /// <summary>The longest line, in bytes: what a value of the highest limit takes as base64, within one array.
    /// </summary>
    public const int DefaultMaxLineBytes = 1_500_000_000;

    private const int FirstBufferBytes = 256 * 1024;

    private static readonly byte[] s_byteOrderMark = [0xEF, 0xBB, 0xBF];

    private byte[] _buffer = new byte[Math.Min(FirstBufferBytes, maxLineBytes + 1)];
    private int _start;
    private int _end;
    private bool _isAtEnd;

    /// <summary>The number of the line that was read last, counted from 1.</summary>
    public long LineNumber { get; private set; }

    /// <summary>Bytes read from the stream so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Reads the next line, without its end; false after the last. What follows the last line end counts as a
    /// line only if it is not empty.</summary>
    /// <param name="line">Valid until the next call.</param>
    /// <exception cref="BadLineException">The line is too long; the next call reads the one after it.</exception>
    public bool TryRead(out ReadOnlyMemory<byte> line)
    {
        int searched = _start;
        while (true)
        {
            int lineEnd = _buffer.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
            if (lineEnd >= 0)
            {
                line = Take(searched + lineEnd, 1);
                return true;
            }

            searched = _end;
            if (_isAtEnd)
            {
                bool isLine = _start < _end;
                line = isLine ? Take(_end, 0) : default;
                return isLine;
            }

            if (_end - _start > maxLineBytes)
            {
                SkipToLineEnd();
                throw new BadLineException($"it has more than {maxLineBytes} bytes");
            }

            searched -= Fill();
        }
    }

    private ReadOnlyMemory<byte> Take(int lineEnd, int endBytes)
    {
        ReadOnlyMemory<byte> line = _buffer.AsMemory(_start, lineEnd - _start);
        _start = lineEnd + endBytes;
        LineNumber++;
        return LineNumber == 1 && line.Span.StartsWith(s_byteOrderMark) ? line[s_byteOrderMark.Length..] : line;
    }

    // Returns by how much the bytes that were there have moved to the front.
    private int Fill()
    {
        int moved = 0;
        if (_end == _buffer.Length)
        {
            moved = _start;
            int length = _end - _start;
            byte[] target = length > _buffer.Length / 2
                ? new byte[(int)Math.Min(2L * _buffer.Length, maxLineBytes + 1L)]
                : _buffer;
            Array.Copy(_buffer, _start, target, 0, length);
            (_buffer, _start, _end) = (target, 0, length);
        }

        int read = stream.Read(_buffer, _end, _buffer.Length - _end);
        BytesRead += read;
        _end += read;
        _isAtEnd = read == 0;
        return moved;
    }

    private void SkipToLineEnd()
    {
        LineNumber++;
        while (true)
        {
            _start = _end = 0;
            Fill();
            int lineEnd = _buffer.AsSpan(0, _end).IndexOf((byte)'\n');
            if (lineEnd >= 0 || _isAtEnd)
            {
                _start = lineEnd + 1;
                return;
            }
        }
    }
}
