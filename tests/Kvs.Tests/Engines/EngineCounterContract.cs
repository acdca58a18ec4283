using System.Globalization;
using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>What every engine promises about numbers that threads add to.</summary>
public abstract class EngineCounterContract<T>(ITestOutputHelper output) : EngineTests<T>(output)
    where T : EngineUnderTest, new()
{
    private const int Threads = 8;
    private const int TimesEach = 1_000;

    [Fact]
    public void A_key_that_is_not_there_counts_as_zero()
    {
        Assert.Equal(7, Engine.Increment(Key(0), 7));
        Assert.Equal(-3, Engine.Increment(Key(1), -3));
        Assert.Equal(0, Engine.Increment(Key(2), 0));
        CheckNowAndAfterReopening(() =>
        {
            Assert.Equal("7", Read("key-0"));
            Assert.Equal("-3", Read("key-1"));
            Assert.Equal("0", Read("key-2"));
        });
    }

    [Theory]
    [InlineData("0", 1, 1)]
    [InlineData("-12", 20, 8)]
    [InlineData("99", 1, 100)]
    [InlineData("100", -1, 99)]
    [InlineData("9223372036854775806", 1, long.MaxValue)]
    [InlineData("-9223372036854775807", -1, long.MinValue)]
    [InlineData("9223372036854775807", long.MinValue, -1)]
    [InlineData("-9223372036854775808", 0, long.MinValue)]
    public void The_sum_is_returned_and_stored_as_decimal_text(string stored, long delta, long sum)
    {
        Engine.Set("key", stored);
        Assert.Equal(sum, Engine.Increment(Bytes("key"), delta));
        CheckNowAndAfterReopening(() => Assert.Equal(sum.ToString(CultureInfo.InvariantCulture), Read("key")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1.5")]
    [InlineData("1e3")]
    [InlineData("0x10")]
    [InlineData("1,000")]
    [InlineData("many")]
    [InlineData("12\n")]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775809")]
    public void What_is_no_whole_number_of_64_bits_is_an_error_and_stays(string stored)
    {
        Engine.Set("key", stored);
        ulong version = VersionOf("key");
        Assert.Throws<FormatException>(() => Engine.Increment(Bytes("key"), 1));
        CheckNowAndAfterReopening(() => Assert.Equal((stored, version), (Read("key"), VersionOf("key"))));
    }

    [Theory]
    [InlineData("9223372036854775807", 1)]
    [InlineData("1", long.MaxValue)]
    [InlineData("-1", long.MinValue)]
    [InlineData("-9223372036854775808", -1)]
    public void A_sum_of_more_than_64_bits_is_an_error_and_changes_nothing(string stored, long delta)
    {
        Engine.Set("key", stored);
        ulong version = VersionOf("key");
        Assert.Throws<OverflowException>(() => Engine.Increment(Bytes("key"), delta));
        CheckNowAndAfterReopening(() => Assert.Equal((stored, version), (Read("key"), VersionOf("key"))));
    }

    [Fact]
    public void A_condition_is_an_error()
    {
        Engine.Set("key", "1");
        Assert.Throws<ArgumentException>(() => Engine.Increment(Bytes("key"), 1, WriteOptions.IfPresent));
        Assert.Throws<ArgumentException>(() => Engine.Increment(Bytes("key"), 1, WriteOptions.IfVersion(0)));
        Assert.Equal("1", Read("key"));
    }

    [Fact]
    public void Increments_of_eight_threads_add_up_and_none_returns_a_sum_twice()
    {
        var sums = new HashSet<long>[Threads];
        ThreadGroup.Run(Threads, thread =>
        {
            sums[thread] = [];
            for (int i = 0; i < TimesEach; i++)
            {
                Assert.True(sums[thread].Add(Engine.Increment(Bytes("key"), 1)));
            }
        });

        Assert.Equal(Threads * TimesEach, sums.SelectMany(set => set).Distinct().Count());
        CheckNowAndAfterReopening(() => Assert.Equal($"{Threads * TimesEach}", Read("key")));
    }

    [Fact]
    public void Optimistic_loops_of_eight_threads_add_up()
    {
        ThreadGroup.Run(Threads, _ =>
        {
            byte[] buffer = new byte[20];
            for (int i = 0; i < TimesEach; i++)
            {
                WriteResult result;
                do
                {
                    Engine.TryRead(Bytes("key"), buffer, out ValueInfo info);
                    long number = info.Bytes == 0 ? 0 : long.Parse(buffer.AsSpan(0, info.Bytes),
                        NumberStyles.None, CultureInfo.InvariantCulture);
                    result = Engine.TrySet(Bytes("key"), Bytes($"{number + 1}"), WriteOptions.IfVersion(info.Version));
                }
                while (!result.IsDone);
            }
        });

        CheckNowAndAfterReopening(() => Assert.Equal($"{Threads * TimesEach}", Read("key")));
    }
}
