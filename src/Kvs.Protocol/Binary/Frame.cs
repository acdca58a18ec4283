namespace Kvs.Protocol.Binary;

/// <summary>A complete frame. Its body lies in memory of the decoder or of the input, and is valid until the next
/// call of the decoder, and until the input moves on.</summary>
public readonly ref struct Frame
{
    internal Frame(FrameHeader header, ReadOnlySpan<byte> body)
    {
        Header = header;
        Body = body;
    }

    /// <summary>The header.</summary>
    public FrameHeader Header { get; }

    /// <summary>What follows the header, as long as the header says.</summary>
    public ReadOnlySpan<byte> Body { get; }
}
