using System.Buffers;

namespace Kvs.Protocol.Binary;

/// <summary>
/// Cuts a stream of bytes, which arrives in pieces of any size, into frames.
/// </summary>
/// <remarks>
/// A frame that lies in one piece of the input is handed out where it lies. Any other is gathered in a buffer that
/// grows with what arrives, not with what the header announces: the input is consumed at once, so that each byte is
/// copied once, and a peer that announces much and sends little costs little. Not thread-safe.
/// </remarks>
public sealed class FrameDecoder : IDisposable
{
    private readonly byte _magic;
    private readonly FrameBuffer _gathered = new();
    private FrameHeader _header;
    private bool _inBody;

    /// <summary>Makes a decoder of one direction of one connection.</summary>
    /// <param name="magic">The byte that every frame begins with.</param>
    /// <param name="maxBodyBytes">The longest body that is taken, in bytes.</param>
    public FrameDecoder(byte magic, uint maxBodyBytes)
    {
        _magic = magic;
        MaxBodyBytes = Math.Min(maxBodyBytes, (uint)Array.MaxLength);
    }

    /// <summary>The longest body that is taken, in bytes. Counts from the next header on.</summary>
    public uint MaxBodyBytes
    {
        get;
        set => field = Math.Min(value, (uint)Array.MaxLength);
    }

    /// <summary>The header of the frame that was begun or refused last.</summary>
    public FrameHeader Header => _header;

    /// <summary>True between a header that has been consumed and the end of its body.</summary>
    public bool InBody => _inBody;

    /// <summary>Bytes gathered of a body that is not yet complete.</summary>
    public long GatheredBytes => _inBody ? _gathered.Length : 0;

    /// <summary>The body that was kept.</summary>
    public ReadOnlySpan<byte> KeptBody => _gathered.Written;

    /// <summary>Memory held for a body that lies in several pieces, in bytes.</summary>
    internal int GatheredCapacityBytes => _gathered.CapacityBytes;

    /// <summary>
    /// Takes the next frame off <paramref name="input"/>, which then begins behind what was consumed. After
    /// <see cref="DecodeResult.NeedsMore"/>, call again with the rest of the input and what came since; after
    /// <see cref="DecodeResult.BadMagic"/> or <see cref="DecodeResult.TooLong"/>, never again.
    /// </summary>
    public DecodeResult TryDecode(scoped ref ReadOnlySequence<byte> input, out Frame frame)
    {
        frame = default;
        if (!_inBody)
        {
            DecodeResult begun = BeginFrame(ref input, out frame);
            if (!_inBody)
            {
                return begun;
            }
        }

        return GatherBody(ref input, out frame);
    }

    /// <summary>Keeps the body of the frame that was handed out last, as <see cref="KeptBody"/>, until the next call of
    /// <see cref="TryDecode"/>, whatever becomes of the input.</summary>
    public void Keep(in Frame frame)
    {
        if (_gathered.Length == 0)
        {
            _gathered.Append(frame.Body);
        }
    }

    /// <summary>Gives back the memory of a frame that was begun.</summary>
    public void Dispose() => _gathered.Dispose();

    /// <summary>A whole frame if it lies in one piece; otherwise consumes the header and leaves the rest to
    /// <see cref="GatherBody"/>.</summary>
    private DecodeResult BeginFrame(scoped ref ReadOnlySequence<byte> input, out Frame frame)
    {
        frame = default;
        _gathered.Clear();
        ReadOnlySpan<byte> first = SequenceFront.FirstNonEmpty(ref input);
        if (first.IsEmpty)
        {
            return DecodeResult.NeedsMore;
        }

        // Before the header is complete: a peer of another protocol may never send twelve bytes.
        if (first[0] != _magic)
        {
            return DecodeResult.BadMagic;
        }

        if (input.Length < BinaryProtocol.HeaderBytes)
        {
            return DecodeResult.NeedsMore;
        }

        _header = ReadHeader(first, input);
        if (_header.BodyBytes > MaxBodyBytes)
        {
            return DecodeResult.TooLong;
        }

        int frameBytes = BinaryProtocol.HeaderBytes + (int)_header.BodyBytes;
        if (first.Length >= frameBytes)
        {
            frame = new Frame(_header, first[BinaryProtocol.HeaderBytes..frameBytes]);
            input = input.Slice(frameBytes);
            return DecodeResult.Frame;
        }

        input = input.Slice(BinaryProtocol.HeaderBytes);
        _inBody = true;
        return DecodeResult.NeedsMore;
    }

    private DecodeResult GatherBody(scoped ref ReadOnlySequence<byte> input, out Frame frame)
    {
        int bodyBytes = (int)_header.BodyBytes;
        long taken = Math.Min(bodyBytes - _gathered.Length, input.Length);
        _gathered.Append(input.Slice(0, taken), bodyBytes);
        input = input.Slice(taken);
        if (_gathered.Length < bodyBytes)
        {
            frame = default;
            return DecodeResult.NeedsMore;
        }

        _inBody = false;
        frame = new Frame(_header, _gathered.Written);
        return DecodeResult.Frame;
    }

    private static FrameHeader ReadHeader(ReadOnlySpan<byte> first, in ReadOnlySequence<byte> input)
    {
        if (first.Length >= BinaryProtocol.HeaderBytes)
        {
            return FrameHeader.Read(first);
        }

        Span<byte> header = stackalloc byte[BinaryProtocol.HeaderBytes];
        input.Slice(0, BinaryProtocol.HeaderBytes).CopyTo(header);
        return FrameHeader.Read(header);
    }
}
