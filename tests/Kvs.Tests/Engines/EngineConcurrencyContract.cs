using System.Diagnostics;
using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>What every engine promises to threads that use it at once.</summary>
public abstract class EngineConcurrencyContract<T>(ITestOutputHelper output) : EngineTests<T>(output)
    where T : EngineUnderTest, new()
{
    private const int OverwrittenKeys = 1_000;
    private const int OverwrittenValueBytes = 200;

    private readonly ITestOutputHelper _output = output;

    /// <summary>How long threads search for a moment at which an engine is wrong.</summary>
    protected virtual TimeSpan RaceDuration => TestDuration.Longer(TimeSpan.FromSeconds(2));

    /// <summary>How often each key is overwritten where a store must not grow from it.</summary>
    protected virtual int OverwriteTimes => 200;

    [Fact]
    public void A_thousand_threads_set_one_key_each_and_all_are_there()
    {
        ThreadGroup.Run(1_000, thread => Engine.Set(Key(thread), Bytes($"value-{thread}")));

        CheckNowAndAfterReopening(() =>
        {
            for (int i = 0; i < 1_000; i++)
            {
                Assert.Equal(Bytes($"value-{i}"), Engine.Get(Key(i)));
            }

            Assert.Equal(1_000, Engine.GetStatistics().Keys);
        });
    }

    [Fact]
    public void A_hundred_threads_read_a_hundred_keys_a_hundred_times()
    {
        for (int i = 0; i < 100; i++)
        {
            Engine.Set(Key(i), Bytes($"value-{i}"));
        }

        CheckNowAndAfterReopening(() => ThreadGroup.Run(100, _ =>
        {
            byte[] value = new byte[100];
            for (int read = 0; read < 10_000; read++)
            {
                Assert.True(Engine.TryGet(Key(read % 100), value, out int length));
                Assert.True(value.AsSpan(0, length).SequenceEqual(Bytes($"value-{read % 100}")));
            }
        }));
    }

    [Fact]
    public void After_overwriting_again_and_again_every_key_has_its_last_value_and_space_is_bounded()
    {
        ThreadGroup.Run(4, thread =>
        {
            byte[] value = new byte[OverwrittenValueBytes];
            for (int time = 1; time <= OverwriteTimes; time++)
            {
                for (int key = thread; key < OverwrittenKeys; key += 4)
                {
                    value.AsSpan().Fill((byte)(time + key));
                    Engine.Set(Key(key), value);
                }
            }
        });

        CheckNowAndAfterReopening(() =>
        {
            for (int key = 0; key < OverwrittenKeys; key++)
            {
                byte[] value = Engine.Get(Key(key));
                Assert.Equal(OverwrittenValueBytes, value.Length);
                Assert.All(value, b => Assert.Equal((byte)(OverwriteTimes + key), b));
            }

            Assert.Equal(OverwrittenKeys, Engine.GetStatistics().Keys);
        });
        UnderTest.CheckSpaceAfterOverwriting(OverwrittenValueBytes, OverwriteTimes);
    }

    [Fact]
    public void A_key_that_always_exists_is_never_missed_while_sixteen_threads_overwrite()
    {
        const int Keys = 32;
        const int Writers = 16;
        const int Readers = 4;
        for (int key = 0; key < Keys; key++)
        {
            SetNumber(key, key + 1);
        }

        long start = Stopwatch.GetTimestamp();
        int growingKey = 0;
        ThreadGroup.Run(Writers + Readers, thread =>
        {
            var random = new Random(thread);
            byte[] buffer = new byte[RegisterValue.MaxBytes];
            while (Stopwatch.GetElapsedTime(start) < RaceDuration)
            {
                int key = random.Next(Keys);
                if (thread >= Writers)
                {
                    Assert.True(Engine.TryGet(Key(key), buffer, out int length), $"Key {key} was not found.");
                    _ = RegisterValue.Read(buffer.AsSpan(0, length));
                }
                else if (thread == 0)
                {
                    // The index grows meanwhile.
                    Engine.Set(Bytes($"growing-{growingKey++}"), "x"u8);
                }
                else
                {
                    SetNumber(key, random.NextInt64());
                }
            }
        });
        CheckNowAndAfterReopening(() => Assert.Equal(Keys + growingKey, Engine.GetStatistics().Keys));
    }

    [Fact]
    public void Threads_that_set_and_remove_a_key_leave_it_in_one_state()
    {
        int removed = 0;
        int set = 0;
        ThreadGroup.Run(8, thread =>
        {
            for (int i = 0; i < 5_000; i++)
            {
                if (thread % 2 == 0)
                {
                    Engine.Set(Key(0), Key(thread));
                    Interlocked.Increment(ref set);
                }
                else if (Engine.Remove(Key(0)))
                {
                    Interlocked.Increment(ref removed);
                }
            }
        });

        Assert.InRange(removed, 0, set);
        CheckNowAndAfterReopening(() =>
            Assert.Equal(Engine.Contains(Key(0)) ? 1 : 0, Engine.GetStatistics().Keys));
        if (Engine.Remove(Key(0)))
        {
            removed++;
        }

        Assert.InRange(removed, 1, set);
        Assert.Equal(0, Engine.GetStatistics().Keys);
    }

    [Fact]
    public void Disposing_while_threads_use_the_engine_ends_each_with_the_error_that_says_so()
    {
        long calls = 0;
        int endedCallers = 0;
        ThreadGroup.Run(5, thread =>
        {
            if (thread == 4)
            {
                SpinWait.SpinUntil(() => Interlocked.Read(ref calls) > 10_000 || Volatile.Read(ref endedCallers) == 4);
                Engine.Dispose();
                return;
            }

            Action callForEver = () =>
            {
                try
                {
                    for (int i = 0; ; i++)
                    {
                        Engine.Set(Key(i % 100), Key(thread));
                        Engine.TryGet(Key(i % 100), out byte[]? _);
                        Interlocked.Increment(ref calls);
                    }
                }
                finally
                {
                    Interlocked.Increment(ref endedCallers);
                }
            };
            Assert.Throws<ObjectDisposedException>(callForEver);
        });
    }

    [Fact]
    public void Random_calls_give_what_a_dictionary_gives()
    {
        int seed = TestSeed.Choose(_output.WriteLine);
        ThreadGroup.Run(4, thread =>
        {
            // Each thread has keys of its own, so that it knows what must be there; the store they share.
            var random = new Random(seed + thread);
            var expected = new Dictionary<int, byte[]>();
            for (int i = 0; i < 10_000; i++)
            {
                int key = (random.Next(300) * 4) + thread;
                if (random.Next(4) == 0)
                {
                    Assert.Equal(expected.Remove(key), Engine.Remove(Key(key)));
                }
                else if (random.Next(2) == 0)
                {
                    expected[key] = new byte[random.Next(2_000)];
                    random.NextBytes(expected[key]);
                    Engine.Set(Key(key), expected[key]);
                }

                Assert.Equal(expected.TryGetValue(key, out byte[]? value), Engine.TryGet(Key(key), out byte[]? stored));
                Assert.True(value.AsSpan().SequenceEqual(stored));
            }
        });
    }

    private void SetNumber(int key, long number)
    {
        Span<byte> value = stackalloc byte[RegisterValue.MaxBytes];
        Engine.Set(Key(key), value[..RegisterValue.Write(number, value)]);
    }
}
