using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>
/// Damage in a log of 1 MiB with every kind of frame: it is an error that names file and offset, or, in a
/// footer, costs time; a value is the right one or an error, never another and never missing. A run of the tests takes
/// samples; with the environment variable KVS_TEST_EXHAUSTIVE, every single bit and byte has its turn.
/// </summary>
public sealed class MebibyteLogTests(ITestOutputHelper output) : IDisposable
{
    private const int SampledBits = 400;
    private const int SampledSealedBits = 10_000;
    private const int SampledFrames = 300;

    private readonly MebibyteLog _log = new();
    private readonly bool _isExhaustive = RandomRounds.IsExhaustive;

    public void Dispose() => _log.Dispose();

    [Fact]
    public void Every_kind_of_frame_is_there_in_sealed_segments_and_in_others()
    {
        byte[] all = [HandMade.Put, HandMade.Remove, HandMade.Batch, HandMade.Commit, HandMade.Chunk];
        List<string> complete = _log.Sealed;
        Assert.Equal(all, KindsIn(frame => !complete.Contains(frame.Path)).Where(all.Contains));
        byte[] withSeal = [.. all, HandMade.Seal, HandMade.Footer];
        Assert.Equal(withSeal, KindsIn(frame => complete.Contains(frame.Path)).Where(withSeal.Contains));
        Assert.InRange(SmallStore.Segments(_log.Died).Sum(segment => segment.Bytes.Length), 1 << 20, 2 << 20);
        Assert.False(_log.FindsDamage(_log.Died.CrashProcess(), ""));
        Assert.False(_log.FindsDamage(_log.Cut.CrashProcess(), ""));

        IEnumerable<byte> KindsIn(Func<LogFrame, bool> where) =>
            _log.Frames.Where(where).Select(frame => frame.Kind).Distinct().Order();
    }

    [Fact]
    public void Every_bit_of_a_sealed_segment_is_verified()
    {
        Random random = NewRandom();
        long bits = 0;
        foreach (string path in _log.Sealed)
        {
            byte[] bytes = _log.Died.ReadAll(path);
            int samples = SampledSealedBits / _log.Sealed.Count;
            foreach (long bit in Bits(bytes.Length, samples, random))
            {
                _log.Died.FlipBit(path, bit / 8, (int)(bit % 8));
                var damage = Assert.Throws<KvsDamageException>(() => SmallStore.VerifySegment(_log.Died, path));
                Assert.Equal(path, damage.File);
                Assert.InRange(damage.Offset, 0, bytes.Length);
                _log.Died.FlipBit(path, bit / 8, (int)(bit % 8));
                bits++;
            }

            SmallStore.VerifySegment(_log.Died, path);
        }

        output.WriteLine($"{bits} bits");
    }

    [Fact]
    public void A_bit_turned_over_anywhere_is_an_error_or_changes_nothing()
    {
        Random random = NewRandom();
        List<(string Path, byte[] Bytes)> segments = SmallStore.Segments(_log.Died);
        int errors = 0, opened = 0;
        foreach ((string path, byte[] bytes) in segments)
        {
            foreach (long bit in Bits(bytes.Length, SampledBits / segments.Count, random))
            {
                using SimulatedFiles damaged = _log.Died.CrashProcess();
                damaged.FlipBit(path, bit / 8, (int)(bit % 8));
                errors += _log.FindsDamage(damaged, path) ? 1 : 0;
                opened++;
            }
        }

        output.WriteLine($"{opened} stores, {errors} with errors");
        Assert.True(errors > 0);
    }

    [Fact]
    public void A_file_that_ends_anywhere_is_an_error_or_has_lost_nothing()
    {
        int errors = 0, opened = 0;
        foreach ((string path, int at) in Ends())
        {
            using SimulatedFiles damaged = _log.Died.CrashProcess();
            damaged.WriteAll(path, damaged.ReadAll(path).AsSpan(0, at));
            errors += _log.FindsDamage(damaged, path) ? 1 : 0;
            opened++;
        }

        output.WriteLine($"{opened} stores, {errors} with errors");
        Assert.True(errors > 0);
    }

    /// <summary>Everything here was durable, and all of it but the last group has a later commit record, in another
    /// segment or this one, that says so.</summary>
    [Fact]
    public void Zeros_from_anywhere_to_the_end_of_a_sealed_segment_are_an_error()
    {
        List<string> complete = _log.Sealed;
        foreach ((string path, int at) in Ends().Where(end => complete.Contains(end.Path)))
        {
            using SimulatedFiles damaged = _log.Cut.CrashProcess();
            damaged.BootId = _log.Cut.BootId;
            byte[] bytes = damaged.ReadAll(path);
            if (!bytes.AsSpan(at).ContainsAnyExcept((byte)0))
            {
                continue;
            }

            bytes.AsSpan(at).Clear();
            damaged.WriteAll(path, bytes);
            Assert.True(_log.FindsDamage(damaged, path), $"{path} cut at {at}");
        }
    }

    /// <summary>Each frame's ends and a byte around them, or every byte.</summary>
    private IEnumerable<(string Path, int At)> Ends()
    {
        if (_isExhaustive)
        {
            return SmallStore.Segments(_log.Died).SelectMany(segment =>
                Enumerable.Range(0, segment.Bytes.Length).Select(at => (segment.Path, at)));
        }

        Random random = NewRandom();
        (string Path, int At)[] all = [.. _log.Frames.SelectMany(frame => ((int[])
            [
                frame.Offset - 1, frame.Offset, frame.Offset + 1, frame.Offset + 8,
                frame.Offset + random.Next(frame.Bytes.Length),
            ]).Select(at => (frame.Path, at)))];
        return random.GetItems(all, SampledFrames);
    }

    private IEnumerable<long> Bits(int bytes, int samples, Random random)
    {
        long all = bytes * 8L;
        for (long i = 0; i < (_isExhaustive ? all : samples); i++)
        {
            yield return _isExhaustive ? i : random.NextInt64(all);
        }
    }

    private Random NewRandom() => new(TestSeed.Choose(output.WriteLine));
}
