using System.Text;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>
/// The life of a small store from its first file to its last, as a seed writes it: single writes, short and long,
/// removals, batches, flushes, compactions, closings and openings. It can be told again, with other files below it, and
/// end early where they fail. One thread.
/// </summary>
internal sealed class StoreStory
{
    internal const int Keys = 10;

    private const int Sessions = 3;
    private const int MostSteps = 14;

    private readonly Durability _durability;
    private readonly List<Step>[] _sessions;
    private readonly byte[][] _keys =
        [.. Enumerable.Range(0, Keys).Select(key => Encoding.ASCII.GetBytes($"key-{key}"))];

    internal StoreStory(int seed, Durability durability)
    {
        _durability = durability;
        var random = new Random(seed);
        _sessions = [.. Enumerable.Range(0, Sessions).Select(_ => MakeSession(random))];
    }

    private delegate void Act(KvStore store);

    /// <summary>What was written, by moments.</summary>
    internal ModelHistory History { get; private set; } = new(Keys);

    /// <summary>Tells it, on these files. Returns at the first error of the store's.</summary>
    internal void Tell(SimulatedFiles files)
    {
        History = new ModelHistory(Keys);
        try
        {
            foreach (List<Step> session in _sessions)
            {
                using (KvStore store = Open(files))
                {
                    session.ForEach(step => Make(store, step));
                }

                History.NoteDurable();
            }
        }
        catch (KvsException)
        {
            // It got as far as it got.
        }
    }

    /// <summary>Opens a store of this story.</summary>
    internal KvStore Open(SimulatedFiles files) => KvStore.Open(SmallStore.Folder,
        SmallStore.OptionsOn(files, _durability) with
        {
            Partitions = 2,
            Compaction = new CompactionOptions { IsAutomatic = false },
        });

    /// <summary>Fails unless a store stands at one of these moments, whole and without anything that nobody wrote;
    /// returns which.</summary>
    internal int Check(KvStore store, int least, int most)
    {
        Held?[] held = [.. _keys.Select(key => store.TryGet(key, out byte[]? value) ? new Held(value, 0) : null)];
        Assert.Equal(held.Count(value => value is not null), store.GetStatistics().Keys);
        return History.Find(held, least, most, now: 0);
    }

    private List<Step> MakeSession(Random random) =>
        [.. Enumerable.Range(0, random.Next(4, MostSteps)).Select(_ => MakeStep(random))];

    private Step MakeStep(Random random)
    {
        int key = random.Next(Keys);
        switch (random.Next(12))
        {
            case 0:
                return new Step([], static store => store.Flush(), IsFlush: true);
            case 1:
                return new Step([], static store => store.Compact());
            case 2 or 3:
                return new Step([(key, null)], store => store.Remove(_keys[key]));
            case 4 or 5:
                (int Key, byte[]? Value)[] changes = [.. Enumerable.Range(key, 3)
                    .Select(of => (of % Keys, random.Next(4) == 0 ? null : MakeValue(random)))];
                return new Step(changes, store => WriteBatch(store, changes));
            default:
                byte[] value = MakeValue(random);
                return new Step([(key, value)], store => store.Set(_keys[key], value));
        }
    }

    private void WriteBatch(KvStore store, (int Key, byte[]? Value)[] changes)
    {
        var batch = new WriteBatch();
        foreach ((int key, byte[]? value) in changes)
        {
            if (value is null)
            {
                batch.Remove(_keys[key]);
            }
            else
            {
                batch.Set(_keys[key], value);
            }
        }

        store.Write(batch);
    }

    /// <summary>Most fit a chunk, some need one of their own, some a segment.</summary>
    private static byte[] MakeValue(Random random)
    {
        byte[] value = new byte[random.Next(12) switch
        {
            0 => 20_000,
            1 => 9_000,
            2 or 3 => 2_000,
            _ => random.Next(1, 200),
        }];
        random.NextBytes(value);
        return value;
    }

    private void Make(KvStore store, Step step)
    {
        if (step.Changes.Length > 0)
        {
            History.Begin(1);
        }

        try
        {
            step.Act(store);
        }
        catch (KvsException)
        {
            // It may be there all the same.
            History.AddUnanswered(Changes(step));
            throw;
        }

        if (step.Changes.Length > 0)
        {
            History.Add(Changes(step));
        }

        if (step.IsFlush || _durability == Durability.Disk)
        {
            History.NoteDurable();
        }
    }

    private static (int Key, Held? Held)[] Changes(Step step) =>
        [.. step.Changes.Select(change => (change.Key, change.Value is null ? null : new Held(change.Value, 0)))];

    private sealed record Step((int Key, byte[]? Value)[] Changes, Act Act, bool IsFlush = false);
}
