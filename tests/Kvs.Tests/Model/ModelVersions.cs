namespace Kvs.Tests;

/// <summary>
/// Versions that a store and its oracle gave to the same writes: two numbers that mean the same. Those of a store must
/// ascend, whatever crashes come between.
/// </summary>
internal sealed class ModelVersions(int keys)
{
    /// <summary>Asks for the version of a key that is not there.</summary>
    internal const int Absent = -1;

    /// <summary>Stands for a version of the store that the oracle does not know: it matches nothing.</summary>
    private const ulong Unknown = ulong.MaxValue;

    private readonly List<(ulong Store, ulong Oracle)>[] _seen =
        [.. Enumerable.Range(0, keys).Select(_ => new List<(ulong, ulong)>())];

    private readonly ulong[] _highest = new ulong[keys];
    private readonly Stack<(int Key, ulong HighestBefore)> _latest = [];

    /// <summary>An operation begins.</summary>
    internal void BeginOperation() => _latest.Clear();

    /// <summary>The crash came before the last operation had returned: nobody has seen the versions that it gave.
    /// </summary>
    internal void ForgetOperation()
    {
        while (_latest.TryPop(out (int Key, ulong HighestBefore) note))
        {
            _highest[note.Key] = note.HighestBefore;
            _seen[note.Key].RemoveAt(_seen[note.Key].Count - 1);
        }
    }

    /// <summary>A write gave these versions: the store's must be higher than all before.</summary>
    internal void NoteWritten(int key, ulong store, ulong oracle)
    {
        Assert.True(store > _highest[key], $"key {key} was given version {store}, and had {_highest[key]} before");
        _latest.Push((key, _highest[key]));
        _highest[key] = store;
        _seen[key].Add((store, oracle));
    }

    /// <summary>A get found these versions.</summary>
    internal void NoteRead(int key, ulong store, ulong oracle)
    {
        if (_seen[key].Count > 0 && _seen[key][^1] == (store, oracle))
        {
            return;
        }

        // Writes that say no version, as those of a batch, gave it.
        NoteWritten(key, store, oracle);
    }

    /// <summary>The store was opened again, and the oracle made anew, in which nothing has an old version but what is
    /// there.</summary>
    internal void Restart(int key, ulong store, ulong oracle)
    {
        _latest.Clear();
        _highest[key] = Math.Max(_highest[key], store);
        List<(ulong Store, ulong Oracle)> seen = _seen[key];
        for (int i = 0; i < seen.Count; i++)
        {
            seen[i] = (seen[i].Store, Unknown);
        }

        if (store != 0)
        {
            seen.RemoveAll(pair => pair.Store == store);
            seen.Add((store, oracle));
        }
    }

    /// <summary>A version that the key has or had, as both know it, counted from its latest; that of a key that is not
    /// there when there are not so many, or for <see cref="Absent"/>.</summary>
    internal (ulong Store, ulong Oracle) Back(int key, int back)
    {
        List<(ulong Store, ulong Oracle)> seen = _seen[key];
        return back < 0 || back >= seen.Count ? (0, 0) : seen[^(1 + back)];
    }
}
