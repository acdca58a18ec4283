namespace Kvs;

/// <summary>What must hold of a key for a write to be made. The default holds always.</summary>
/// <remarks>Checked and acted upon in one step, under any concurrency.</remarks>
public readonly record struct WriteCondition
{
    private readonly Test _test;
    private readonly ulong _version;

    private WriteCondition(Test test, ulong version)
    {
        _test = test;
        _version = version;
    }

    private enum Test : byte
    {
        None,
        Version,
        Present,
    }

    /// <summary>The key is not there.</summary>
    public static WriteCondition IfAbsent => IfVersion(0);

    /// <summary>The key is there.</summary>
    public static WriteCondition IfPresent => new(Test.Present, 0);

    /// <summary>The key has this version; 0 is that of a key that is not there.</summary>
    public static WriteCondition IfVersion(ulong version) => new(Test.Version, version);

    /// <summary>Whether it asks only for the key to be there.</summary>
    internal bool IsPresence => _test == Test.Present;

    /// <summary>The version that it asks for; null where it asks for none.</summary>
    internal ulong? Version => _test == Test.Version ? _version : null;

    /// <summary>Whether it holds of a key that has a version, or 0 where it is not there.</summary>
    internal bool Holds(ulong version) => _test switch
    {
        Test.None => true,
        Test.Present => version != 0,
        _ => version == _version,
    };
}
