using Kvs.CommandLine;
using Kvs.RocksDb;

namespace Kvs.Bench.Drivers;

/// <summary>An engine that can be measured.</summary>
internal sealed record EngineKind
{
    /// <summary>All of them; the first is the one that others are compared with unless told otherwise.</summary>
    internal static IReadOnlyList<EngineKind> All { get; } =
    [
        .. KvsEngines.Names.Except([RocksDbEngine.EngineName]).Select(name => new EngineKind
        {
            Name = name,
            HasPartitions = name == KvsEngines.Names[0],
            Describe = settings => EngineDriver.Describe(name, settings),
            Open = (folder, settings) => new EngineDriver(name, folder, settings),
        }),
        new EngineKind
        {
            Name = RocksDbEngine.EngineName,
            RequireLibrary = () => RocksDbEngine.RequireLibrary(),
            Describe = RocksDbDriver.Describe,
            Open = (folder, settings) => new RocksDbDriver(folder, settings),
        },
        new EngineKind
        {
            Name = "lmdb",
            RequireLibrary = PeerLibraries.RequireLmdb,
            Describe = Lmdb.LmdbDriver.Describe,
            Open = (folder, settings) => new Lmdb.LmdbDriver(folder, settings),
        },
        new EngineKind
        {
            Name = "bare",
            HasGets = false,
            MaxThreads = 1,
            Describe = _ => BareDriver.Description,
            Open = (folder, settings) => new BareDriver(folder, settings),
        },
        new EngineKind
        {
            Name = "none",
            RemembersSets = false,
            ReadsOnlyBinaryKeys = true,
            Describe = _ => NoneDriver.Description,
            Open = (_, settings) => new NoneDriver(settings.ValuePattern),
        },
    ];

    internal required string Name { get; init; }

    /// <summary>Says what a result's reader has to know about how it is opened.</summary>
    internal required Func<DriverSettings, string> Describe { get; init; }

    /// <summary>Opens it on a folder that is not there yet.</summary>
    internal required Func<string, DriverSettings, IDriver> Open { get; init; }

    /// <summary>Whether its index has partitions that can be chosen.</summary>
    internal bool HasPartitions { get; init; }

    /// <summary>Whether anything can be got from it.</summary>
    internal bool HasGets { get; init; } = true;

    /// <summary>Whether it can bring what was set last.</summary>
    internal bool RemembersSets { get; init; } = true;

    /// <summary>Whether it makes values up from binary keys.</summary>
    internal bool ReadsOnlyBinaryKeys { get; init; }

    /// <summary>Throws where the library of somebody else's store is not there; null for a store of kvs.</summary>
    internal Action? RequireLibrary { get; init; }

    /// <summary>How many threads can use it at once.</summary>
    internal int MaxThreads { get; init; } = int.MaxValue;

    /// <summary>Why it cannot be measured on this machine; null when it can.</summary>
    internal string? WhyMissing()
    {
        try
        {
            RequireLibrary?.Invoke();
            return null;
        }
        catch (Exception exception) when (exception is ProgramException or RocksDbMissingException)
        {
            return exception.Message;
        }
    }

    /// <summary>The engine of a name.</summary>
    internal static EngineKind Of(string name) => All.First(engine => engine.Name == name);
}
