using Kvs.Bench.Workloads;
using Kvs.CommandLine;

namespace Kvs.Bench.Options;

/// <summary>What is done to a store, wherever it is, and where the results go.</summary>
internal sealed record LoadSettings
{
    /// <summary>Bytes of keys and values that a call is about at most: what a batch of the library may have, and room
    /// to spare.</summary>
    private const long MaxCallBytes = Limits.MaxBatchBytes / 2;

    /// <summary>The workload whose parameters these are, but for those that were given; null when none was named.
    /// </summary>
    internal required string? Workload { get; init; }

    internal required int Keys { get; init; }

    internal required KeyFormat KeyFormat { get; init; }

    /// <summary>The length of binary keys.</summary>
    internal required int KeyBytes { get; init; }

    internal required ByteRange ValueBytes { get; init; }

    /// <summary>Keys in each call of the store; everything is measured with each of these numbers.</summary>
    internal required IReadOnlyList<int> Batches { get; init; }

    /// <summary>Measured one after the other on the same store.</summary>
    internal required IReadOnlyList<Mix> Mixes { get; init; }

    internal required Distribution Distribution { get; init; }

    internal required DurabilityChoice Durability { get; init; }

    /// <summary>How long each part takes.</summary>
    internal required double Seconds { get; init; }

    internal required int Rounds { get; init; }

    /// <summary>Operations that are to begin each second; null where each begins when the one before has ended.
    /// </summary>
    internal required double? Rate { get; init; }

    /// <summary>Where the results go; to the standard output alone when all are null.</summary>
    internal required OutputFiles Output { get; init; }

    /// <summary>What keys look like.</summary>
    internal KeyPattern KeyPattern => new(KeyFormat, KeyBytes);

    /// <summary>The bytes of all keys and values together, each once.</summary>
    internal long DataBytes => (long)(Keys * (KeyPattern.MaxBytes + ValueBytes.Mean));

    /// <summary>The bytes of keys and values that a call sets at most.</summary>
    internal int CallBytes => Batches.Max() * EntryBytes;

    private int EntryBytes => KeyPattern.MaxBytes + ValueBytes.Max;

    /// <summary>How many keys a call may be about.</summary>
    /// <param name="wanted">The most that is asked for.</param>
    internal int LimitBatch(int wanted) => (int)Math.Clamp(MaxCallBytes / EntryBytes, 1, wanted);

    /// <summary>Throws where the options do not go together.</summary>
    /// <exception cref="ProgramException">They do not; the message says why.</exception>
    internal void Check()
    {
        if (Mixes.Skip(1).Contains(Mix.Load))
        {
            throw new ProgramException("load sets new keys, so it can only be the first of --mix.");
        }

        if (Batches.Max() > 1 && Mixes.Contains(Mix.Partitions))
        {
            throw new ProgramException("The mix partitions sets and gets one key at a time: leave --batch out.");
        }

        long callBytes = (long)Batches.Max() * EntryBytes;
        if (callBytes > MaxCallBytes && Batches.Max() > 1)
        {
            throw new ProgramException($"A batch of {callBytes} bytes is too large: the most is {MaxCallBytes}. Give " +
                                       "a lower --batch or less --value-bytes.");
        }
    }
}
