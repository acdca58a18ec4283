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
    internal const int SealBytes = 96;
    internal const int FooterHeaderBytes = 32;
    internal const int FooterEntryBytes = 24;
    internal const int BatchHeaderBytes = 32;
    internal const byte Put = 1;
    internal const byte Remove = 2;
    internal const byte Batch = 3;
    internal const byte Commit = 4;
    internal const byte Chunk = 5;
    internal const byte Padding = 6;
    internal const byte Seal = 7;
    internal const byte Footer = 8;

    private const uint Polynomial = 0x82F63B78;
    private const uint PositionFactor = 0x9E3779B1;
    private const ulong SaltFactor = 0x9E6C63D0876A9A47;

    /// <summary>What the checksums of a segment begin from.</summary>
    internal static uint Salt(LogSecret secret, ulong segment)
    {
        ulong folded = Fold(secret.Secret ^ SaltFactor, unchecked(segment * SaltFactor) ^ secret.StoreId);
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

    /// <summary>The checksum of a frame at an offset; of a chunk or a batch, its header alone is covered.</summary>
    internal static uint FrameChecksum(ReadOnlySpan<byte> frame, int offset, uint salt)
    {
        uint length = Length(frame);
        int covered = Math.Min((int)length, Kind(frame) switch
        {
            Chunk => ChunkHeaderBytes,
            Batch => BatchHeaderBytes,
            _ => int.MaxValue,
        });
        Span<byte> lengthBytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(lengthBytes, length);
        uint crc = salt ^ unchecked((uint)(offset / 8) * PositionFactor);
        crc = Crc(crc, frame[24..covered]);
        crc = Crc(crc, frame[8..24]);
        return ~Crc(crc, lengthBytes);
    }

    /// <summary>The hash of a key, with numbers of 128 bits.</summary>
    internal static ulong KeyHash(ReadOnlySpan<byte> key, ulong seed)
    {
        ulong mask = seed ^ 0xA0761D6478BD642F;
        ulong state = unchecked(((seed << 32) | (seed >> 32)) * 0xE7037ED1A0B428DB);
        int at = 0;
        for (; key.Length - at > 16; at += 16)
        {
            state = Fold(Word(key[at..]) ^ mask, Word(key[(at + 8)..]) ^ state);
        }

        ulong first = 0, second = 0;
        if (key.Length >= 8)
        {
            first = Word(key[(key.Length >= 16 ? key.Length - 16 : 0)..]);
            second = Word(key[^8..]);
        }
        else
        {
            foreach (byte b in key)
            {
                first = (first * 256) + b;
            }
        }

        return Fold(~mask ^ (ulong)key.Length, Fold(first ^ mask, second ^ state));
    }

    /// <summary>The seed of the hash whose highest bits are a footer's check.</summary>
    internal static ulong CheckSeed(ulong secret) => Fold(secret ^ 0x8EBC6AF09C88C6E3, 0x589965CC75374CC3);

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
        ReadOnlySpan<byte> value, int offset, uint salt, long? expiry = null)
    {
        int keyStart = expiry is null ? 32 : 40;
        byte[] frame = new byte[(keyStart + key.Length + value.Length + 7) / 8 * 8];
        WriteStamp(frame, kind, epoch, sequence);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(24), value.Length);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(28), key.Length - 1);
        if (expiry is not null)
        {
            frame[15] = 1;
            BinaryPrimitives.WriteInt64LittleEndian(frame.AsSpan(32), expiry.Value);
        }

        key.CopyTo(frame.AsSpan(keyStart));
        value.CopyTo(frame.AsSpan(keyStart + key.Length));
        Complete(frame, (uint)frame.Length, offset, salt);
        return frame;
    }

    /// <summary>The header of a batch, complete; its records follow.</summary>
    internal static byte[] BatchHeader(ulong epoch, uint count, int length, int offset, uint salt)
    {
        byte[] header = new byte[BatchHeaderBytes];
        WriteStamp(header, Batch, epoch, sequence: 0);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(24), count);
        Complete(header, (uint)length, offset, salt);
        return header;
    }

    /// <summary>The header of the first chunk of a lane, complete.</summary>
    internal static byte[] FirstChunkHeader(uint lane, ulong epoch, int length, int offset, uint salt)
    {
        byte[] header = new byte[ChunkHeaderBytes];
        WriteStamp(header, Chunk, epoch, sequence: 1);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(24), lane);
        Complete(header, (uint)length, offset, salt);
        return header;
    }

    private static void WriteStamp(Span<byte> frame, byte kind, ulong epoch, ulong sequence)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(frame[8..], epoch | ((ulong)kind << 48));
        BinaryPrimitives.WriteUInt64LittleEndian(frame[16..], sequence);
    }

    private static ulong Fold(ulong a, ulong b)
    {
        UInt128 product = (UInt128)a * b;
        return (ulong)(product >> 64) ^ (ulong)product;
    }

    private static ulong Word(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes);
}
