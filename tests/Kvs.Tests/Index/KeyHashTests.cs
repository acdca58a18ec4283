using System.Buffers.Binary;
using Kvs.Index;

namespace Kvs.Tests;

/// <summary>
/// The hash once multiplied words of the key that were masked with public constants. A key that held such a constant
/// made the factor zero, the rest of it did not count, and 129 such keys filled one place of a table that then grew
/// for ever.
/// </summary>
public sealed class KeyHashTests
{
    [Theory]
    [InlineData(0xA0761D6478BD642F)]
    [InlineData(0xE7037ED1A0B428DB)]
    [InlineData(0x8EBC6AF09C88C6E3)]
    [InlineData(0)]
    [InlineData(ulong.MaxValue)]
    public void No_word_that_is_known_makes_the_rest_of_a_key_count_for_nothing(ulong word)
    {
        foreach (int keyBytes in new[] { 16, 32, 40 })
        {
            for (int at = 0; at + 16 <= keyBytes; at += 8)
            {
                var hashes = new HashSet<ulong>();
                byte[] key = new byte[keyBytes];
                for (int i = 0; i < 1_000; i++)
                {
                    // The number stands beside the word, where the other factor comes from.
                    BinaryPrimitives.WriteUInt64LittleEndian(key.AsSpan(at), word);
                    BinaryPrimitives.WriteInt64LittleEndian(key.AsSpan(at + 8), i);
                    hashes.Add(KeyHash.Compute(key, seed: 0x123456789ABCDEF));
                }

                Assert.Equal(1_000, hashes.Count);
            }
        }
    }

    [Fact]
    public void Keys_that_differ_in_one_bit_or_in_length_have_different_hashes()
    {
        for (int keyBytes = 1; keyBytes <= 100; keyBytes++)
        {
            byte[] key = new byte[keyBytes];
            var hashes = new HashSet<ulong> { KeyHash.Compute(key, 1), KeyHash.Compute(new byte[keyBytes + 1], 1) };
            for (int bit = 0; bit < keyBytes * 8; bit++)
            {
                key[bit / 8] ^= (byte)(1 << (bit % 8));
                hashes.Add(KeyHash.Compute(key, 1));
                key[bit / 8] ^= (byte)(1 << (bit % 8));
            }

            Assert.Equal((keyBytes * 8) + 2, hashes.Count);
        }
    }

    [Fact]
    public void The_hash_depends_on_the_seed()
    {
        byte[] key = new byte[16];
        Assert.NotEqual(KeyHash.Compute(key, 1), KeyHash.Compute(key, 2));
    }
}
