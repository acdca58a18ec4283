using System.Text;
using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>What every engine promises about calls that set or get many keys.</summary>
public abstract class EngineManyContract<T>(ITestOutputHelper output) : EngineTests<T>(output)
    where T : EngineUnderTest, new()
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(33)]
    [InlineData(1_000)]
    public void Many_keys_are_set_and_read_in_order(int count)
    {
        var entries = new KvsEntry[count];
        for (int i = 0; i < count; i++)
        {
            entries[i] = new KvsEntry(Key(i), new byte[i]);
        }

        Engine.SetMany(entries);
        CheckNowAndAfterReopening(() =>
        {
            Assert.Equal(count, Engine.GetStatistics().Keys);
            List<Answer> answers = GetMany([.. entries.Select(entry => entry.Key)]);
            Assert.Equal(Enumerable.Range(0, count), answers.Select(answer => answer.Index));
            Assert.All(answers, answer =>
            {
                Assert.Equal(new byte[answer.Index], answer.Value);
                Assert.True(Engine.TryRead(Key(answer.Index), [], out ValueInfo info));
                Assert.Equal(info, answer.Info);
            });
        });
    }

    [Fact]
    public void Missing_keys_and_keys_asked_for_twice_have_their_places()
    {
        Engine.Set("a", "1");
        Engine.Set("empty", "");
        Engine.Set("removed", "x");
        Engine.Remove("removed");

        CheckNowAndAfterReopening(() =>
        {
            List<Answer> answers = GetMany(
                [Bytes("missing"), Bytes("a"), Bytes("removed"), Bytes("a"), Bytes("missing"), Bytes("empty")]);
            Assert.Equal([null, "1", null, "1", null, ""],
                answers.Select(answer => answer.Value is null ? null : Encoding.UTF8.GetString(answer.Value)));
            Assert.Equal(Enumerable.Range(0, 6), answers.Select(answer => answer.Index));
        });
    }

    [Fact]
    public void Values_of_all_lengths_are_read_together()
    {
        Random random = NewRandom();
        var values = new byte[60][];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = new byte[i % 20 == 0 ? 2 * 1024 * 1024 : random.Next(5_000)];
            random.NextBytes(values[i]);
            Engine.Set(Key(i), values[i]);
        }

        CheckNowAndAfterReopening(() =>
        {
            List<Answer> answers = GetMany([.. Enumerable.Range(0, values.Length).Select(i => Key(i))]);
            Assert.All(answers, answer => Assert.True(values[answer.Index].AsSpan().SequenceEqual(answer.Value)));
        });
    }

    [Fact]
    public void A_key_beyond_the_limits_is_an_error_before_the_receiver_is_called()
    {
        UseLimits(new Limits { MaxKeyBytes = 5 });
        Engine.Set("a", "1");
        foreach (byte[] wrong in (byte[][])[[], Bytes("longer")])
        {
            var receiver = new Receiver([]);
            Assert.Throws<KvsLimitException>(() => Engine.GetMany([Bytes("a"), wrong], ref receiver));
            Assert.Empty(receiver.Answers);
        }
    }

    [Fact]
    public void A_receiver_may_read_from_the_store_and_what_it_throws_reaches_the_caller()
    {
        Engine.Set("a", "1");
        Engine.Set("b", "2");
        var reading = new Receiver([]) { InTheMiddle = () => Assert.Equal("2", Read("b")) };
        Engine.GetMany([Bytes("a"), Bytes("missing")], ref reading);
        Assert.Equal(2, reading.Answers.Count);

        var throwing = new Receiver([]) { InTheMiddle = () => throw new InvalidTimeZoneException() };
        Assert.Throws<InvalidTimeZoneException>(() => Engine.GetMany([Bytes("a"), Bytes("b")], ref throwing));
        Assert.Single(throwing.Answers);

        // And nothing of it has stayed behind.
        Engine.Set("a", "3");
        CheckNowAndAfterReopening(() => Assert.Equal("3", Read("a")));
    }

    [Fact]
    public void Sets_of_many_are_made_one_after_the_other_up_to_the_one_that_fails()
    {
        UseLimits(new Limits { MaxValueBytes = 10 });
        KvsEntry[] entries =
        [
            new(Bytes("a"), Bytes("1")),
            new(Bytes("a"), Bytes("2")),
            new(Bytes("b"), new byte[11]),
            new(Bytes("c"), Bytes("3")),
        ];
        Assert.Throws<KvsLimitException>(() => Engine.SetMany(entries));
        CheckNowAndAfterReopening(() =>
        {
            Assert.Equal("2", Read("a"));
            Assert.Equal(1, Engine.GetStatistics().Keys);
        });
    }

    [Fact]
    public void Sets_of_many_share_their_options()
    {
        KvsEntry[] entries = [new(Key(0), Bytes("1")), new(Key(1), Bytes("1"))];
        Engine.SetMany(entries, new WriteOptions { ExpiresIn = TimeSpan.FromHours(1) });
        Engine.SetMany([entries[1]], new WriteOptions { KeepsExpiry = true, Durability = Durability.Disk });
        Assert.Equal("1", Read("key-0"));
        Clock.Advance(TimeSpan.FromHours(1));
        CheckNowAndAfterReopening(() => Assert.All(GetMany([Key(0), Key(1)]), answer => Assert.Null(answer.Value)));
    }

    [Fact]
    public void Sets_of_many_have_no_condition()
    {
        Assert.Throws<ArgumentException>(
            () => Engine.SetMany([new KvsEntry(Key(0), Bytes("1"))], WriteOptions.IfAbsent));
        Assert.Throws<ArgumentException>(() => Engine.SetMany([], WriteOptions.IfPresent));
        Assert.Equal(0, Engine.GetStatistics().Keys);
    }

    [Fact]
    public void Gets_of_many_return_values_of_their_keys_while_writers_overwrite_them()
    {
        const int Keys = 500;
        for (int key = 0; key < Keys; key++)
        {
            SetNumber(key, key);
        }

        ThreadGroup.RunBeside(
            () =>
            {
                var random = new Random(1);
                ulong[] versions = new ulong[Keys];
                for (int i = 0; i < 300; i++)
                {
                    int[] asked = [.. Enumerable.Range(0, 1 + random.Next(300)).Select(_ => random.Next(Keys))];
                    List<Answer> answers = GetMany([.. asked.Select(key => Key(key))]);
                    Assert.Equal(asked.Length, answers.Count);
                    foreach (Answer answer in answers)
                    {
                        int key = asked[answer.Index];
                        Assert.NotNull(answer.Value);
                        Assert.Equal(key, RegisterValue.Read(answer.Value) % Keys);
                        Assert.True(answer.Info.Version >= versions[key], "An older value came back.");
                        versions[key] = answer.Info.Version;
                    }
                }
            },
            count: 3,
            (thread, i) =>
            {
                int key = ((i * 7) + thread) % Keys;
                SetNumber(key, key + ((long)i * Keys));

                // The index grows, and shrinks, meanwhile.
                Engine.Set(Bytes($"other-{thread}-{i % 10_000}"), Bytes("x"));
                Engine.Remove(Bytes($"other-{thread}-{(i + 5_000) % 10_000}"));
            });
    }

    private void SetNumber(int key, long number)
    {
        Span<byte> value = stackalloc byte[RegisterValue.MaxBytes];
        Engine.Set(Key(key), value[..RegisterValue.Write(number, value)]);
    }

    private List<Answer> GetMany(ReadOnlyMemory<byte>[] keys)
    {
        var receiver = new Receiver([]);
        Engine.GetMany(keys, ref receiver);
        return receiver.Answers;
    }

    private sealed record Answer(int Index, byte[]? Value, ValueInfo Info);

    private readonly struct Receiver(List<Answer> answers) : IValueReceiver
    {
        internal List<Answer> Answers => answers;

        internal Action? InTheMiddle { get; init; }

        public void Found(int index, ReadOnlySpan<byte> value, in ValueInfo info)
        {
            answers.Add(new Answer(index, value.ToArray(), info));
            InTheMiddle?.Invoke();
        }

        public void Missing(int index)
        {
            answers.Add(new Answer(index, Value: null, default));
            InTheMiddle?.Invoke();
        }
    }
}
