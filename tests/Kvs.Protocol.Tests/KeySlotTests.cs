using System.Text;

namespace Kvs.Protocol.Tests;

/// <summary>The slots are those of a Redis cluster: the figures are what <c>CLUSTER KEYSLOT</c> of redis-server 7.0
/// says.</summary>
public class KeySlotTests
{
    /// <summary>The checksum that catalogues of CRCs give for CRC-16/XMODEM.</summary>
    [Fact]
    public void The_checksum_is_the_one_that_is_known_by_its_name() =>
        Assert.Equal(0x31C3, KeySlot.Crc16("123456789"u8));

    [Theory]
    [InlineData("", 0)]
    [InlineData("foo", 12182)]
    [InlineData("123456789", 12739)]
    [InlineData("{user1000}.following", 3443)]
    [InlineData("{user1000}.followers", 3443)]
    [InlineData("foo{}{bar}", 8363)]
    [InlineData("foo{{bar}}zap", 4015)]
    [InlineData("foo{bar}{zap}", 5061)]
    [InlineData("{}", 15257)]
    [InlineData("{a", 10276)]
    [InlineData("a}b{c}", 7365)]
    public void A_key_has_the_slot_that_redis_gives_it(string key, int slot) =>
        Assert.Equal(slot, KeySlot.Of(Encoding.UTF8.GetBytes(key)));
}
