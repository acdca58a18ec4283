using System.Text;

namespace Kvs.Tests;

/// <summary>
/// Writes that are known beforehand, and what a store holds after some of them. No two writes store the same value,
/// and removes are of keys that are there, so that a store stands after exactly one moment.
/// </summary>
internal sealed class WriteScript
{
    private const int Remove = -1;

    private readonly List<(string Key, byte[]? Value)> _writes = [];

    /// <summary>Sets of these lengths, by turns of so many keys; a negative one removes the key instead.</summary>
    internal WriteScript(int keys, params ReadOnlySpan<int> valueBytes)
    {
        foreach (int bytes in valueBytes)
        {
            string key = $"key-{_writes.Count % keys}";
            _writes.Add((key, bytes < 0 ? null : ValueOf(_writes.Count, bytes)));
        }
    }

    /// <summary>Few and short: every kind of record within the first chunk of a store.</summary>
    internal static WriteScript Short { get; } = new(5, 5, 0, 17, 40, 33, Remove, 100, 8, Remove, 1, 63, 7, 24);

    /// <summary>Everything that fits one segment of <see cref="SmallStore"/>: full chunks, a chunk for one record,
    /// the lane of large records.</summary>
    internal static WriteScript OneSegment { get; } = new(6,
        5, 0, 17, 1400, 1500, 1200, Remove, 9000, 23, 7000, 64, 1, 12_000, Remove, 300, 16, 2000, 2100, 40);

    /// <summary>Several segments, one of them made for a single record.</summary>
    internal static WriteScript ManySegments { get; } = new(9,
        20, 3000, 16_000, 50, 15_000, 0, 16_100, 9, 14_000, Remove, 30, 15_500, 1, 20_000, Remove, 700, 16_000, 80, 60);

    internal int Count => _writes.Count;

    internal IEnumerable<string> Keys => _writes.Select(write => write.Key).Distinct();

    /// <summary>Makes one write.</summary>
    internal void Make(KvStore store, int write)
    {
        (string key, byte[]? value) = _writes[write];
        if (value is null)
        {
            Assert.True(store.Remove(Encoding.ASCII.GetBytes(key)));
        }
        else
        {
            store.Set(Encoding.ASCII.GetBytes(key), value);
        }
    }

    internal void MakeAll(KvStore store)
    {
        for (int write = 0; write < Count; write++)
        {
            Make(store, write);
        }
    }

    /// <summary>A key's value after so many writes; null when it has none.</summary>
    internal byte[]? ValueAfter(int moment, string key) =>
        StateAfter(Enumerable.Range(0, moment)).GetValueOrDefault(key);

    /// <summary>Fails unless the store holds what the first writes made, and nothing else.</summary>
    internal void AssertMoment(KvStore store, int moment) => AssertHolds(store, Enumerable.Range(0, moment));

    /// <summary>Fails unless the store holds what these writes made, in their order, and nothing else.</summary>
    internal void AssertHolds(KvStore store, IEnumerable<int> made)
    {
        Dictionary<string, byte[]> state = StateAfter(made);
        foreach (string key in Keys)
        {
            _ = store.TryGet(Encoding.ASCII.GetBytes(key), out byte[]? held);
            Assert.True(AreEqual(state.GetValueOrDefault(key), held), $"{key}: {Describe(held)}");
        }

        Assert.Equal(state.Count, store.GetStatistics().Keys);
    }

    /// <summary>After how many writes the store stands; fails when it is after none.</summary>
    internal int FindMoment(KvStore store)
    {
        Dictionary<string, byte[]?> held = [];
        foreach (string key in Keys)
        {
            _ = store.TryGet(Encoding.ASCII.GetBytes(key), out byte[]? value);
            held.Add(key, value);
        }

        for (int moment = 0; moment <= Count; moment++)
        {
            Dictionary<string, byte[]> state = StateAfter(Enumerable.Range(0, moment));
            if (Keys.All(key => AreEqual(state.GetValueOrDefault(key), held[key])))
            {
                Assert.Equal(state.Count, store.GetStatistics().Keys);
                return moment;
            }
        }

        string holds = string.Join(", ", held.Select(pair => $"{pair.Key}: {Describe(pair.Value)}"));
        Assert.Fail($"The store stands after none of its {Count} writes. {holds}");
        return -1;
    }

    private static bool AreEqual(byte[]? a, byte[]? b) => a is null ? b is null : b is not null && a.SequenceEqual(b);

    private static string Describe(byte[]? value) => value is null ? "nothing"
        : value.Length == 0 ? "empty" : $"{value.Length} bytes, of write {value[0] - 1}";

    /// <summary>A value that says which write it is from.</summary>
    private static byte[] ValueOf(int write, int bytes)
    {
        byte[] value = new byte[bytes];
        new Random(write).NextBytes(value);
        value.AsSpan(0, Math.Min(1, bytes)).Fill((byte)(write + 1));
        return value;
    }

    private Dictionary<string, byte[]> StateAfter(IEnumerable<int> made)
    {
        var state = new Dictionary<string, byte[]>();
        foreach (int write in made)
        {
            (string key, byte[]? value) = _writes[write];
            if (value is null)
            {
                state.Remove(key);
            }
            else
            {
                state[key] = value;
            }
        }

        return state;
    }
}
