using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Kvs.Protocol.Binary;

/// <summary>What became of one operation of a batch. Lies in the body of a reply, and is valid as long as that.
/// </summary>
/// <remarks><code>
/// result = status:u8 value-bytes:u32 value
/// </code></remarks>
public readonly ref struct BatchResult
{
    /// <summary>Bytes of a result beside its value.</summary>
    public const int HeadBytes = sizeof(byte) + sizeof(uint);

    private BatchResult(ReplyStatus status, ReadOnlySpan<byte> value)
    {
        Status = status;
        Value = value;
    }

    /// <summary>How the operation ended.</summary>
    public ReplyStatus Status { get; }

    /// <summary>What a get read, the sum of an increment, a version, an error's message: as the operation has it.
    /// </summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>Takes the next result off the body of a reply with the flag <see cref="ReplyFlags.Results"/>; false at
    /// its end, where <paramref name="results"/> is empty, and where a result is cut off.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRead(ref ReadOnlySpan<byte> results, out BatchResult result)
    {
        if (results.Length >= HeadBytes)
        {
            uint valueBytes = BinaryPrimitives.ReadUInt32LittleEndian(results[1..]);
            if (valueBytes <= (uint)(results.Length - HeadBytes))
            {
                result = new BatchResult((ReplyStatus)results[0], results.Slice(HeadBytes, (int)valueBytes));
                results = results[(HeadBytes + (int)valueBytes)..];
                return true;
            }
        }

        result = default;
        return false;
    }

    /// <summary>Writes what stands in front of a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WriteHead(Span<byte> destination, ReplyStatus status, int valueBytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination[1..], (uint)valueBytes);
        destination[0] = (byte)status;
    }
}
