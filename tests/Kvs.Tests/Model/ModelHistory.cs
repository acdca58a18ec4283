namespace Kvs.Tests;

/// <summary>What a key has: its value, and when it expires in Unix milliseconds, 0 for never.</summary>
internal sealed record Held(byte[] Value, long Expiry)
{
    internal static bool AreEqual(Held? a, Held? b) =>
        a is null ? b is null : b is not null && a.Expiry == b.Expiry && a.Value.AsSpan().SequenceEqual(b.Value);

    internal static string Describe(Held? held) => held is null ? "nothing"
        : $"{held.Value.Length} bytes, {(held.Value.Length >= 4 ? BitConverter.ToInt32(held.Value) : -1)}, " +
            $"expiry {held.Expiry}";
}

/// <summary>
/// What a store held after each of its writes, so that after a crash it can be asked at which moment it stands. One
/// thread writes; others may ask which moments a crash now may leave.
/// </summary>
internal sealed class ModelHistory(int keys)
{
    private readonly List<(int Key, Held? Held)[]> _moments = [];
    private Held?[] _base = new Held?[keys];
    private volatile int _durable;
    private volatile int _done;
    private volatile int _begun;

    /// <summary>Moments up to this one are on disk.</summary>
    internal int Durable => _durable;

    /// <summary>Moments up to this one are acknowledged.</summary>
    internal int Done => _done;

    /// <summary>Moments that may be there.</summary>
    internal int Begun => _begun;

    /// <summary>So many moments are about to be made.</summary>
    internal void Begin(int moments) => _begun = _done + moments;

    /// <summary>A write was made, which changed these keys as one.</summary>
    internal void Add(params (int Key, Held? Held)[] changes)
    {
        _moments.Add(changes);
        _begun = Math.Max(_begun, _moments.Count);
        _done = _moments.Count;
    }

    /// <summary>A write failed that was to change these keys as one: it may have been made.</summary>
    internal void AddUnanswered(params (int Key, Held? Held)[] changes)
    {
        _moments.Add(changes);
        _begun = _moments.Count;
    }

    /// <summary>Everything so far is on disk.</summary>
    internal void NoteDurable() => _durable = _done;

    /// <summary>Finds the latest moment, of some, at which a store holds this; fails when there is none.</summary>
    internal int Find(Held?[] held, int least, int most, long now)
    {
        Held?[] state = [.. _base.Select(VisibleAt)];
        int wrong = Enumerable.Range(0, keys).Count(key => !Held.AreEqual(state[key], held[key]));
        int found = least == 0 && wrong == 0 ? 0 : -1;
        var closest = (Wrong: int.MaxValue, Moment: 0, What: "");
        for (int moment = 1; moment <= most; moment++)
        {
            foreach ((int key, Held? written) in _moments[moment - 1])
            {
                wrong -= Held.AreEqual(state[key], held[key]) ? 0 : 1;
                state[key] = VisibleAt(written);
                wrong += Held.AreEqual(state[key], held[key]) ? 0 : 1;
            }

            if (moment >= least)
            {
                found = wrong == 0 ? moment : found;
                if (wrong <= closest.Wrong)
                {
                    closest = (wrong, moment, Difference(state, held));
                }
            }
        }

        Assert.True(found >= 0, $"The store stands at none of the moments {least} to {most}. Nearest is " +
            $"{closest.Moment}: {closest.What}");
        return found;

        Held? VisibleAt(Held? written) => written is { Expiry: > 0 } && written.Expiry <= now ? null : written;
    }

    /// <summary>A store was opened that holds this; all of it is on disk.</summary>
    internal void Restart(Held?[] held)
    {
        _base = held;
        _moments.Clear();
        _durable = _done = _begun = 0;
    }

    private string Difference(Held?[] expected, Held?[] held) => string.Join("; ", Enumerable.Range(0, keys)
        .Where(key => !Held.AreEqual(expected[key], held[key]))
        .Select(key => $"key {key} has {Held.Describe(held[key])}, in place of {Held.Describe(expected[key])}"));
}
