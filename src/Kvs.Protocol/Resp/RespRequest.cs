namespace Kvs.Protocol.Resp;

/// <summary>A complete request: the command's name and its arguments, where they lie in the input or in memory of the
/// decoder. Valid until the next call of the decoder, and until the input moves on.</summary>
public readonly ref struct RespRequest
{
    /// <summary>Makes a request of what lies in some bytes.</summary>
    public RespRequest(ReadOnlySpan<byte> bytes, ReadOnlySpan<KeyRange> arguments, bool isInline = false)
    {
        Bytes = bytes;
        Arguments = arguments;
        IsInline = isInline;
    }

    /// <summary>What the arguments lie in.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Where each argument lies; the command's name is the first.</summary>
    public ReadOnlySpan<KeyRange> Arguments { get; }

    /// <summary>Whether it was a line of text, as a person types it.</summary>
    public bool IsInline { get; }

    /// <summary>How many arguments there are, the command's name among them.</summary>
    public int Count => Arguments.Length;

    /// <summary>An argument; 0 is the command's name.</summary>
    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            KeyRange range = Arguments[index];
            return Bytes.Slice(range.Start, range.Length);
        }
    }
}
