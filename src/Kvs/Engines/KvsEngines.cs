using System.Collections.Immutable;
using Kvs.Folder;
using Kvs.Memory;
using Kvs.Recovery;

namespace Kvs;

/// <summary>The engines by name, as programs take them: <c>kvs</c>, <c>memory</c>, and those that a program has
/// registered.</summary>
/// <remarks>Any thread may call any member. Engines that need a library of the system stand in assemblies of their own,
/// and this one knows nothing of them.</remarks>
public static class KvsEngines
{
    private const string MemoryName = "memory";

    private static ImmutableList<(string Name, Func<string, KvStoreOptions, IKvsEngine> Open)> s_engines =
    [
        (StoreOpener.EngineName, KvStore.Open),
        (MemoryName, static (_, options) => new MemoryEngine(options.Limits, options.Clock)),
    ];

    /// <summary>The names of all engines, <c>kvs</c> first.</summary>
    public static IReadOnlyList<string> Names => [.. s_engines.Select(engine => engine.Name)];

    /// <summary>Lets an engine be opened by its name, here and in every program that takes names. The same again
    /// changes nothing.</summary>
    /// <param name="name">The name, as its folders bear it.</param>
    /// <param name="open">Opens it on a folder, as <see cref="Open"/> has it.</param>
    public static void Register(string name, Func<string, KvStoreOptions, IKvsEngine> open)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(open);
        ImmutableInterlocked.Update(ref s_engines, engines =>
            engines.Exists(engine => engine.Name == name) ? engines : engines.Add((name, open)));
    }

    /// <summary>Opens an engine on a folder.</summary>
    /// <param name="engine">Its name; null for the one that the folder was made with, or else <c>kvs</c>.</param>
    /// <param name="folder">The folder. The engine <c>memory</c> keeps nothing there, but refuses a folder that holds
    /// another engine's data, so that nobody believes that it serves them.</param>
    /// <param name="options">How the store is opened.</param>
    /// <exception cref="ArgumentException">There is no engine of that name, or an option is out of range.</exception>
    /// <exception cref="KvsFolderException">The folder is another engine's, in use, or cannot be used.</exception>
    /// <exception cref="KvsDamageException">What is stored is not as it was written; nothing was changed.</exception>
    public static IKvsEngine Open(string? engine, string folder, KvStoreOptions options)
    {
        StoreMarker? marker = StoreMarker.TryRead(options.FileSystem, folder);
        string name = engine ?? marker?.Engine ?? StoreOpener.EngineName;
        Func<string, KvStoreOptions, IKvsEngine>? open = s_engines.Find(known => known.Name == name).Open;
        if (open is null)
        {
            throw engine is null
                ? new KvsFolderException(folder, $"{folder} was made by the engine {name}, which this program does not " +
                    $"have. It has: {string.Join(", ", Names)}.")
                : new ArgumentException(
                    $"There is no engine '{name}'. The engines are: {string.Join(", ", Names)}.", nameof(engine));
        }

        marker?.Require(name, folder);
        return open(folder, options);
    }
}
