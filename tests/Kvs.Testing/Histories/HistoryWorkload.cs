using System.Diagnostics;
using System.Text;

namespace Kvs.Testing;

/// <summary>
/// Threads that read and write a few keys in every way as fast as they can, with each call recorded and the history
/// checked. Works in rounds, so that a long run takes no more memory than a short one.
/// </summary>
public sealed record HistoryWorkload
{
    /// <summary>Small enough that a round's history is checked in a moment.</summary>
    private const int MaxOperationsInRound = 10_000;

    /// <summary>How many threads there are.</summary>
    public int Threads { get; init; } = 16;

    /// <summary>How many keys are there all the time.</summary>
    public int LastingKeys { get; init; } = 48;

    /// <summary>How many further keys come and go.</summary>
    public int RemovedKeys { get; init; } = 32;

    /// <summary>How long new rounds are begun.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Decides what each thread does; not when, which is the machine's.</summary>
    public required int Seed { get; init; }

    /// <summary>The keys, whose names begin with <paramref name="prefix"/>.</summary>
    public static byte[][] MakeKeys(string prefix, int count) =>
        [.. Enumerable.Range(0, count).Select(key => Encoding.UTF8.GetBytes($"{prefix}-{key}"))];

    /// <summary>Runs on an engine whose keys nobody else touches, and returns how many calls were checked.</summary>
    /// <exception cref="HistoryViolationException">The engine is not linearizable.</exception>
    public long Run(IKvsEngine engine)
    {
        byte[][] keys = MakeKeys("register", LastingKeys + RemovedKeys);
        HistoryThread[] threads = HistoryThread.MakeMany(
            Threads, keys, LastingKeys, Seed, _ => new EngineHistoryTarget(engine));
        long start = Stopwatch.GetTimestamp();
        long checkedCalls = 0;
        for (int key = 0; key < keys.Length; key++)
        {
            threads[0].Set(key);
        }

        List<HistoryOperation> state = [];
        do
        {
            ThreadGroup.Run(threads.Length, thread =>
            {
                for (int i = 0; i < MaxOperationsInRound; i++)
                {
                    threads[thread].Step();
                }
            });
            for (int key = 0; key < keys.Length; key++)
            {
                threads[0].Get(key);
            }

            List<HistoryOperation> after = threads[0].Operations[^keys.Length..];
            LinearizabilityChecker.Check([.. state, .. threads.SelectMany(thread => thread.Operations)]);
            state = [.. after.Select(get => HistoryOperation.Initial(get.Key, get.Value))];
            foreach (HistoryThread thread in threads)
            {
                checkedCalls += thread.Operations.Count;
                thread.Operations.Clear();
            }
        }
        while (Stopwatch.GetElapsedTime(start) < Duration);

        return checkedCalls;
    }
}
