using System.Text;
using Kvs.Folder;
using Kvs.Log;
using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>
/// Files of a store are changed at random: bits, bytes, rows of zeros, sectors that were written elsewhere or not at
/// all. Opening and verifying end, with an error of ours or with the right values.
/// </summary>
public sealed class MutatedFileTests(ITestOutputHelper output)
{
    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(15);

    private readonly WriteScript _script = WriteScript.OneSegment;

    [Fact]
    public void No_mutated_segment_passes_for_a_whole_one() => RandomRounds.For(s_duration, output.WriteLine, random =>
    {
        using SimulatedFiles files = MakeClosed();
        string path = SmallStore.Segment(1);
        byte[] whole = files.ReadAll(path);
        byte[] mutated = new byte[whole.Length];
        const int Cases = 2000;
        for (int number = 0; number < Cases; number++)
        {
            whole.CopyTo(mutated, 0);
            FileMutation.Mutate(mutated, random);
            if (mutated.AsSpan().SequenceEqual(whole))
            {
                continue;
            }

            files.WriteAll(path, mutated);
            var damage = Assert.Throws<KvsDamageException>(() => SmallStore.VerifySegment(files, path));
            Assert.Equal(path, damage.File);
        }

        return Cases;
    });

    [Fact]
    public void No_mutated_file_of_a_closed_store_makes_a_wrong_value() =>
        RandomRounds.For(s_duration, output.WriteLine, random =>
        {
            using SimulatedFiles files = MakeClosed();
            return OpenMutated(files, random, mayBeLate: true);
        });

    [Fact]
    public void No_mutated_file_of_a_store_whose_process_died_makes_a_wrong_value() =>
        RandomRounds.For(s_duration, output.WriteLine, random =>
        {
            using var files = new SimulatedFiles();
            using KvStore store = SmallStore.Open(files);
            _script.MakeAll(store);
            SmallStore.WaitForReadySegment(files);
            using SimulatedFiles died = files.CrashProcess();
            return OpenMutated(died, random, mayBeLate: false);
        });

    /// <summary>With a checksum that fits, so that what reads the text has something to read.</summary>
    [Fact]
    public void No_mutated_manifest_or_marker_ends_in_anything_but_a_manifest_a_marker_or_an_error()
    {
        long read = 0;
        long refused = 0;
        RandomRounds.For(TimeSpan.FromSeconds(5), output.WriteLine, random =>
        {
            using SimulatedFiles files = MakeClosed();
            string path = random.Next(2) == 0 ? SmallStore.Manifest : SmallStore.Marker;
            byte[] body = files.ReadAll(path)[..^15];
            const int Cases = 1000;
            for (int number = 0; number < Cases; number++)
            {
                files.WriteAll(path, WithCheck(MutateText(body, random)));
                try
                {
                    _ = Manifest.TryRead(files, SmallStore.Folder);
                    _ = StoreMarker.TryRead(files, SmallStore.Folder);
                    Interlocked.Increment(ref read);
                }
                catch (KvsException)
                {
                    Interlocked.Increment(ref refused);
                }
            }

            return Cases;
        });
        Assert.True(read > 0 && refused > 0, $"{read} were read, {refused} refused");
    }

    /// <summary>A range of numbers in a manifest, with a checksum that fit, was read number by number up to the highest
    /// that there is, and then from 0 again.</summary>
    [Theory]
    [InlineData("1-18446744073709551615")]
    [InlineData("1-4000000000")]
    [InlineData("5-1")]
    public void A_range_that_no_store_has_is_damage_and_no_endless_loop(string range)
    {
        using SimulatedFiles files = MakeClosed();
        string text = Encoding.ASCII.GetString(files.ReadAll(SmallStore.Manifest)[..^15]);
        Assert.Contains("\nsealed 1\n", text, StringComparison.Ordinal);
        text = text.Replace("sealed 1\n", $"sealed {range}\n", StringComparison.Ordinal);
        files.WriteAll(SmallStore.Manifest, WithCheck(Encoding.ASCII.GetBytes(text)));
        var damage = Assert.Throws<KvsDamageException>(() => SmallStore.Open(files));
        Assert.Equal(SmallStore.Manifest, damage.File);
        Assert.Contains(range, damage.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_bytes_of_the_lock_file_mean_nothing()
    {
        using SimulatedFiles files = MakeClosed();
        byte[] bytes = new byte[5000];
        new Random(TestSeed.Choose(output.WriteLine)).NextBytes(bytes);
        files.WriteAll(Path.Combine(SmallStore.Folder, "lock"), bytes);
        using KvStore store = SmallStore.Open(files);
        _script.AssertMoment(store, _script.Count);
    }

    private static byte[] MutateText(byte[] text, Random random)
    {
        byte[] mutated = [.. text];
        for (int change = random.Next(1, 4); change > 0; change--)
        {
            mutated[random.Next(mutated.Length)] = random.Next(3) == 0
                ? (byte)random.Next(256)
                : (byte)"0123456789-\n  abcdef"[random.Next(20)];
        }

        return mutated;
    }

    private static byte[] WithCheck(byte[] text) =>
        [.. text, .. Encoding.ASCII.GetBytes($"check {Checksum.OfBytes(text):x8}\n")];

    private int OpenMutated(SimulatedFiles files, Random random, bool mayBeLate)
    {
        const int Cases = 20;
        string[] names = [.. files.List(SmallStore.Folder).Where(name => name != "lock")];
        for (int number = 0; number < Cases; number++)
        {
            using SimulatedFiles damaged = files.CrashProcess();
            string path = Path.Combine(SmallStore.Folder, names[random.Next(names.Length)]);
            byte[] bytes = damaged.ReadAll(path);
            FileMutation.Mutate(bytes, random);
            damaged.WriteAll(path, bytes);
            KvStore store;
            try
            {
                store = SmallStore.Open(damaged);
            }
            catch (KvsException)
            {
                continue;
            }

            using (store)
            {
                if (mayBeLate)
                {
                    AssertRightOrDamaged(store);
                }
                else
                {
                    _script.FindMoment(store);
                }
            }
        }

        return Cases;
    }

    private void AssertRightOrDamaged(KvStore store)
    {
        foreach (string key in _script.Keys)
        {
            try
            {
                _ = store.TryGet(Encoding.ASCII.GetBytes(key), out byte[]? value);
                byte[]? expected = _script.ValueAfter(_script.Count, key);
                Assert.True(value.AsSpan().SequenceEqual(expected) && value is null == expected is null, key);
            }
            catch (KvsDamageException e)
            {
                Assert.Equal(SmallStore.Segment(1), e.File);
            }
        }
    }

    private SimulatedFiles MakeClosed()
    {
        var files = new SimulatedFiles();
        using KvStore store = SmallStore.Open(files);
        _script.MakeAll(store);
        return files;
    }
}
