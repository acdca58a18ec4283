using System.Text;

namespace Kvs.Tests;

/// <summary>
/// What a store holds after each of a row of writes by one thread, so that a reopened store can be asked after which
/// of them it stands.
/// </summary>
internal sealed class WriteModel(Random random)
{
    private const int Keys = 20;

    private readonly List<(int Key, byte[]? Value)> _writes = [];

    /// <summary>How many writes were made.</summary>
    internal int Count => _writes.Count;

    /// <summary>Makes further writes: sets, some of them large, and removes.</summary>
    internal void Write(KvStore store, int count)
    {
        for (int i = 0; i < count; i++)
        {
            int key = random.Next(Keys);
            if (random.Next(5) == 0)
            {
                if (store.Remove(Key(key)))
                {
                    _writes.Add((key, null));
                }

                continue;
            }

            // A value says which write it is from, so that no two are alike.
            byte[] value = new byte[8 + random.Next(random.Next(20) == 0 ? 20_000 : 200)];
            BitConverter.TryWriteBytes(value, (long)_writes.Count);
            store.Set(Key(key), value);
            _writes.Add((key, value));
        }
    }

    /// <summary>After which write the store stands; fails when it is after none.</summary>
    internal int FindMoment(KvStore store)
    {
        byte[]?[] held = new byte[Keys][];
        for (int key = 0; key < Keys; key++)
        {
            _ = store.TryGet(Key(key), out held[key]);
        }

        byte[]?[] state = new byte[Keys][];
        int found = Matches(state, held) ? 0 : -1;
        for (int i = 0; i < _writes.Count; i++)
        {
            state[_writes[i].Key] = _writes[i].Value;
            found = Matches(state, held) ? i + 1 : found;
        }

        Assert.True(found >= 0, $"The store stands after none of the {Count} writes.");
        Assert.Equal(held.Count(value => value is not null), store.GetStatistics().Keys);
        return found;
    }

    private static bool Matches(byte[]?[] state, byte[]?[] held)
    {
        for (int key = 0; key < Keys; key++)
        {
            if ((state[key] is null) != (held[key] is null) || !state[key].AsSpan().SequenceEqual(held[key]))
            {
                return false;
            }
        }

        return true;
    }

    private static byte[] Key(int key) => Encoding.ASCII.GetBytes($"key-{key}");
}
