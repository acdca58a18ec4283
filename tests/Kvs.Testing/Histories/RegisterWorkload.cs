using System.Diagnostics;
using System.Text;

namespace Kvs.Testing;

/// <summary>
/// Threads that set, read and remove a few keys of an engine as fast as they can, with each call recorded and the
/// history checked. Works in rounds, so that a long run takes no more memory than a short one.
/// </summary>
public sealed record RegisterWorkload
{
    /// <summary>Small enough that a round's history is checked in a moment.</summary>
    private const int MaxOperationsInRound = 20_000;

    /// <summary>How many threads there are.</summary>
    public int Threads { get; init; } = 16;

    /// <summary>How many keys are there all the time: a get that does not find one is a violation.</summary>
    public int LastingKeys { get; init; } = 64;

    /// <summary>How many further keys are removed now and then.</summary>
    public int RemovedKeys { get; init; } = 16;

    /// <summary>How long new rounds are begun.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Decides what each thread does; not when, which is the machine's.</summary>
    public required int Seed { get; init; }

    /// <summary>Runs on an engine whose keys nobody else touches, and returns how many calls were checked.</summary>
    /// <exception cref="HistoryViolationException">The engine is not linearizable.</exception>
    public long Run(IKvsEngine engine)
    {
        var keys = new byte[LastingKeys + RemovedKeys][];
        for (int key = 0; key < keys.Length; key++)
        {
            keys[key] = Encoding.ASCII.GetBytes($"register-{key}");
        }

        var threads = new RegisterThread[Threads];
        for (int thread = 0; thread < threads.Length; thread++)
        {
            threads[thread] = new RegisterThread(engine, keys, LastingKeys, new Random(Seed + thread))
            {
                // Numbers of one thread differ by the number of threads, and nobody's are 0.
                NextValue = 1 + keys.Length + thread,
                ValueStep = threads.Length,
            };
        }

        long start = Stopwatch.GetTimestamp();
        long checkedCalls = 0;
        var state = new List<RegisterOperation>();
        for (int key = 0; key < keys.Length; key++)
        {
            threads[0].Set(key, 1 + key);
            state.Add(RegisterOperation.Initial(key, 1 + key));
        }

        threads[0].Operations.Clear();
        do
        {
            ThreadGroup.Run(threads.Length, thread => threads[thread].RunRound(MaxOperationsInRound));
            for (int key = 0; key < keys.Length; key++)
            {
                threads[0].Get(key);
            }

            List<RegisterOperation> after = threads[0].Operations[^keys.Length..];
            RegisterHistory.Check([.. state, .. threads.SelectMany(thread => thread.Operations)]);
            state = [.. after.Select(get => RegisterOperation.Initial(get.Key, get.Value))];
            foreach (RegisterThread thread in threads)
            {
                checkedCalls += thread.Operations.Count;
                thread.Operations.Clear();
            }
        }
        while (Stopwatch.GetElapsedTime(start) < Duration);

        return checkedCalls;
    }
}
