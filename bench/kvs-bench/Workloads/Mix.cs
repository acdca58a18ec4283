namespace Kvs.Bench.Workloads;

/// <summary>What operations a measured part makes. The letters are YCSB's.</summary>
internal enum Mix
{
    /// <summary>Sets each key once, as a new one.</summary>
    Load,

    /// <summary>Gets only.</summary>
    Get,

    /// <summary>Sets of keys that are there.</summary>
    Set,

    /// <summary>Half gets, half sets.</summary>
    A,

    /// <summary>95 % gets, 5 % sets.</summary>
    B,

    /// <summary>Gets only, under YCSB's name.</summary>
    C,

    /// <summary>95 % gets, 5 % sets of new keys; gets ask for the latest of the thread's own most often.</summary>
    D,

    /// <summary>Gets, each second of which is followed by a set of the same key, as by one who changes what was read.
    /// </summary>
    F,

    /// <summary>45 % gets, 55 % sets.</summary>
    Writes,

    /// <summary>Each thread sets and gets a key of its own by turns, and every get must bring what it set last.
    /// </summary>
    Partitions,
}

/// <summary>What the mixes mean.</summary>
internal static class Mixes
{
    /// <summary>What each of them does, for the help of an option.</summary>
    internal const string Help =
        "load (new keys), get, set (keys that are there), a (half gets, half sets), b (95 % gets), c (gets only), d " +
        "(95 % gets of the latest, 5 % new keys), f (gets, each second followed by a set of the same key), writes " +
        "(45 % gets, 55 % sets), partitions (each thread sets and gets a key of its own)";

    /// <summary>The mix as options and results name it.</summary>
    internal static string Name(this Mix mix) => mix.ToString().ToLowerInvariant();

    /// <summary>Whether it needs all keys to be there.</summary>
    internal static bool NeedsKeys(this Mix mix) => mix is not (Mix.Load or Mix.Partitions);

    /// <summary>Whether it sets keys that are not there.</summary>
    internal static bool MakesKeys(this Mix mix) => mix is Mix.Load or Mix.D;

    /// <summary>Whether it gets anything.</summary>
    internal static bool HasGets(this Mix mix) => mix is not (Mix.Load or Mix.Set);

    /// <summary>Whether it sets anything.</summary>
    internal static bool HasSets(this Mix mix) => mix is not (Mix.Get or Mix.C);

    /// <summary>How many of 100 operations are gets, where chance decides.</summary>
    internal static int GetPercent(this Mix mix) => mix switch
    {
        Mix.Get or Mix.C => 100,
        Mix.A => 50,
        Mix.B or Mix.D => 95,
        Mix.Writes => 45,
        _ => 0,
    };
}
