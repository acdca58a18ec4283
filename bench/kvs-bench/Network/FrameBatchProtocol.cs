using System.Buffers.Binary;
using Kvs.Bench.Workloads;
using Kvs.Protocol.Binary;

namespace Kvs.Bench.Network;

/// <summary>The binary protocol of kvs, many operations in each request: gets and sets as the mix says.</summary>
/// <remarks><code>
/// batch   = header *item             item   = operation:u8 key-bytes:u24 [ value-bytes:u32 ] key value
/// answer  = 1*( header *result )     result = status:u8 value-bytes:u32 value
/// </code>
/// A result lies in one frame, so each is taken as it comes.</remarks>
internal sealed class FrameBatchProtocol(PartSettings part) : FrameProtocol(part)
{
    private const int ItemHeadBytes = sizeof(uint);
    private const int KeyBytesShift = 8;

    /// <summary>Bytes of results that are still to come in the frame that has begun.</summary>
    private int _remainingBytes;

    /// <inheritdoc/>
    internal override bool MixesKinds => true;

    /// <inheritdoc/>
    internal override int MaxRequestBytes(int operations) => BinaryProtocol.HeaderBytes +
        (operations * (ItemHeadBytes + sizeof(uint) + Keys.MaxBytes + Values.MaxBytes));

    /// <inheritdoc/>
    internal override int Write(Span<byte> output, in LoadRequest request)
    {
        Span<byte> rest = output[BinaryProtocol.HeaderBytes..];
        for (int i = 0; i < request.Count; i++)
        {
            bool isGet = request.AreGets[i];
            ReadOnlySpan<byte> key = KeyOf(request.Numbers[i]);
            uint operation = (uint)(isGet ? Operation.Get : Operation.Set);
            BinaryPrimitives.WriteUInt32LittleEndian(rest, operation | ((uint)key.Length << KeyBytesShift));
            rest = rest[ItemHeadBytes..];
            if (isGet)
            {
                rest = Put(rest, key);
                continue;
            }

            BinaryPrimitives.WriteUInt32LittleEndian(rest, (uint)Values.BytesOf(request.Tags[i]));
            rest = PutValue(Put(rest[sizeof(uint)..], key), request.Tags[i]);
        }

        int bytes = output.Length - rest.Length;
        new FrameHeader((byte)Operation.Batch, 0, request.Id, (uint)(bytes - BinaryProtocol.HeaderBytes))
            .Write(output, BinaryProtocol.RequestMagic);
        return bytes;
    }

    /// <inheritdoc/>
    protected override int ReadOne(ReadOnlySpan<byte> input, RequestRing ring)
    {
        if (_remainingBytes > 0)
        {
            return ReadResult(input, ring);
        }

        if (input.Length < BinaryProtocol.HeaderBytes)
        {
            return 0;
        }

        FrameHeader header = FrameHeader.Read(input);
        if (!((ReplyFlags)header.Flags).HasFlag(ReplyFlags.Results))
        {
            // An error, of all operations that have no result.
            return base.ReadOne(input, ring);
        }

        if (input[0] != BinaryProtocol.ReplyMagic || header.RequestId != ring.ExpectedId ||
            header.BodyBytes > int.MaxValue)
        {
            throw Nonsense(input);
        }

        _remainingBytes = (int)header.BodyBytes;
        return BinaryProtocol.HeaderBytes;
    }

    private int ReadResult(ReadOnlySpan<byte> input, RequestRing ring)
    {
        if (input.Length < BatchResult.HeadBytes)
        {
            return 0;
        }

        uint valueBytes = BinaryPrimitives.ReadUInt32LittleEndian(input[1..]);
        if (valueBytes > Math.Max(Values.MaxBytes, BinaryProtocol.MaxMessageBytes) ||
            BatchResult.HeadBytes + (int)valueBytes > _remainingBytes)
        {
            throw Nonsense(input);
        }

        int bytes = BatchResult.HeadBytes + (int)valueBytes;
        if (input.Length < bytes)
        {
            return 0;
        }

        _remainingBytes -= bytes;
        ReadOnlySpan<byte> value = input[BatchResult.HeadBytes..bytes];
        switch ((ReplyStatus)input[0])
        {
            case ReplyStatus.Ok:
                ring.TakeValue(value);
                break;
            case ReplyStatus.Written:
                ring.TakeDone(1);
                break;
            case ReplyStatus.NotFound:
                ring.TakeMissing();
                break;
            default:
                ring.TakeFailure("the server answers: " + Show(value), 1);
                break;
        }

        return bytes;
    }
}
