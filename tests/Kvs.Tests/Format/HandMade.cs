using System.Buffers.Binary;
using Kvs.Log;

namespace Kvs.Tests;

/// <summary>
/// Frames made from docs/FORMAT.md, without a line of the engine: its checksums are computed bit by bit, its salt
/// with numbers of 128 bits. For tests that put bytes into a log, or check those that are there.
/// </summary>
internal static class HandMade
{
    internal const int HeaderBytes = 4096;
    internal const int ChunkHeaderBytes = 64;
    internal const int SealBytes = 64;
    internal const byte Put = 1;
    internal const byte Remove = 2;
    internal const byte Commit = 4;
    internal const byte Chunk = 5;
    internal const byte Padding = 6;
    internal const byte Seal = 7;

    private const uint Polynomial = 0x82F63B78;
    private const uint PositionFactor = 0x9E3779B1;
    private const ulong SaltFactor = 0x9E6C63D0876A9A47;

    /// <summary>What the checksums of a segment begin from.</summary>
    internal static uint Salt(LogSecret secret, ulong segment)
    {
        UInt128 product = (UInt128)(secret.Secret ^ SaltFactor) * (unchecked(segment * SaltFactor) ^ secret.StoreId);
        ulong folded = (ulong)(product >> 64) ^ (ulong)product;
        return (uint)(folded ^ (folded >> 32));
    }

    /// <summary>CRC-32C, a bit at a time, without the inversions at its beginning and end.</summary>
    internal static uint Crc(uint state, ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            state ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                state = (state >> 1) ^ ((state & 1) * Polynomial);
            }
        }

        return state;
    }

    /// <summary>The checksum of a frame at an offset; of a chunk, its header alone is covered.</summary>
    internal static uint FrameChecksum(ReadOnlySpan<byte> frame, int offset, uint salt)
    {
        uint length = Length(frame);
        int covered = Kind(frame) == Chunk ? Math.Min((int)length, ChunkHeaderBytes) : (int)length;
        Span<byte> lengthBytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(lengthBytes, length);
        uint crc = salt ^ unchecked((uint)(offset / 8) * PositionFactor);
        crc = Crc(crc, frame[24..covered]);
        crc = Crc(crc, frame[8..24]);
        return ~Crc(crc, lengthBytes);
    }

    internal static uint Length(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadUInt32LittleEndian(frame) & ~7u;

    internal static bool IsComplete(ReadOnlySpan<byte> frame) => (frame[0] & 7) == 1;

    internal static uint Checksum(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadUInt32LittleEndian(frame[4..]);

    internal static byte Kind(ReadOnlySpan<byte> frame) => frame[14];

    /// <summary>Stores length and checksum: the frame is complete.</summary>
    internal static void Complete(Span<byte> frame, uint length, int offset, uint salt)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(frame, length | 1);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], FrameChecksum(frame, offset, salt));
    }

    /// <summary>A put or remove, complete.</summary>
    internal static byte[] Record(byte kind, ulong epoch, ulong sequence, ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> value, int offset, uint salt)
    {
        byte[] frame = new byte[(32 + key.Length + value.Length + 7) / 8 * 8];
        BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(8), epoch | ((ulong)kind << 48));
        BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(16), sequence);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(24), value.Length);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(28), key.Length - 1);
        key.CopyTo(frame.AsSpan(32));
        value.CopyTo(frame.AsSpan(32 + key.Length));
        Complete(frame, (uint)frame.Length, offset, salt);
        return frame;
    }
}
