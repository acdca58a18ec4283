namespace Kvs.Protocol.Resp;

/// <summary>
/// Requests that a person types: a line of words. A word may hold anything in quotes; within double quotes a
/// backslash announces a byte that cannot be typed (\n \r \t \b \a \xHH), within single quotes only \' is special.
/// </summary>
internal static class InlineRequest
{
    /// <summary>Cuts a line into words.</summary>
    /// <param name="bytes">What the line lies in.</param>
    /// <param name="line">Where the line lies.</param>
    /// <param name="words">Gets the words.</param>
    /// <returns>False where there are quotes, and nothing is cut.</returns>
    internal static bool TrySplit(ReadOnlySpan<byte> bytes, KeyRange line, ArgumentList words)
    {
        ReadOnlySpan<byte> text = bytes.Slice(line.Start, line.Length);
        if (text.ContainsAny((byte)'"', (byte)'\''))
        {
            return false;
        }

        int next = 0;
        while (SkipSpace(text, ref next))
        {
            int start = next;
            while (next < text.Length && !EndsWord(text[next]))
            {
                next++;
            }

            words.Add(line.Start + start, next - start);
        }

        return true;
    }

    /// <summary>Cuts a line into words and takes their quotes away, in place: a word never gets longer by that.
    /// </summary>
    /// <returns>False where the quotes do not match.</returns>
    internal static bool TryUnquote(Span<byte> line, ArgumentList words)
    {
        int next = 0;
        int written = 0;
        while (SkipSpace(line, ref next))
        {
            int start = written;
            if (!TryUnquoteWord(line, ref next, ref written))
            {
                return false;
            }

            words.Add(start, written - start);
        }

        return true;
    }

    private static bool TryUnquoteWord(Span<byte> line, ref int next, ref int written)
    {
        while (next < line.Length && !EndsWord(line[next]))
        {
            byte letter = line[next++];
            if (letter is not ((byte)'"' or (byte)'\''))
            {
                line[written++] = letter;
                continue;
            }

            if (!TryUnquoteText(line, letter, ref next, ref written))
            {
                return false;
            }

            // Behind a closing quote the word must end.
            return next == line.Length || IsSpace(line[next]);
        }

        return true;
    }

    /// <summary>Copies what is within quotes; false where they are not closed.</summary>
    private static bool TryUnquoteText(Span<byte> line, byte quote, ref int next, ref int written)
    {
        bool isDouble = quote == (byte)'"';
        while (next < line.Length)
        {
            byte letter = line[next++];
            if (letter == quote)
            {
                return true;
            }

            if (letter == (byte)'\\' && next < line.Length && (isDouble || line[next] == quote))
            {
                letter = isDouble ? Unescape(line, ref next) : line[next++];
            }

            line[written++] = letter;
        }

        return false;
    }

    /// <summary>The byte that is meant by what follows a backslash.</summary>
    private static byte Unescape(ReadOnlySpan<byte> line, ref int next)
    {
        byte letter = line[next++];
        if (letter == (byte)'x' && next + 1 < line.Length &&
            char.IsAsciiHexDigit((char)line[next]) && char.IsAsciiHexDigit((char)line[next + 1]))
        {
            next += 2;
            return Convert.FromHexString([(char)line[next - 2], (char)line[next - 1]])[0];
        }

        return letter switch
        {
            (byte)'n' => (byte)'\n',
            (byte)'r' => (byte)'\r',
            (byte)'t' => (byte)'\t',
            (byte)'b' => (byte)'\b',
            (byte)'a' => (byte)'\a',
            _ => letter,
        };
    }

    /// <summary>Goes to the next word; false where there is none.</summary>
    private static bool SkipSpace(ReadOnlySpan<byte> text, ref int next)
    {
        while (next < text.Length && (IsSpace(text[next]) || text[next] == 0))
        {
            next++;
        }

        return next < text.Length;
    }

    private static bool IsSpace(byte letter) => letter is (byte)' ' or (>= (byte)'\t' and <= (byte)'\r');

    private static bool EndsWord(byte letter) =>
        letter is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t' or 0;
}
