using Kvs.Folder;
using Kvs.Memory;
using Kvs.Recovery;

namespace Kvs;

/// <summary>The engines by name, as programs take them.</summary>
public static class KvsEngines
{
    private const string MemoryName = "memory";

    /// <summary>The names of all engines.</summary>
    public static IReadOnlyList<string> Names { get; } = [StoreOpener.EngineName, MemoryName];

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
        if (!Names.Contains(name))
        {
            throw new ArgumentException(
                $"There is no engine '{name}'. The engines are: {string.Join(", ", Names)}.", nameof(engine));
        }

        marker?.Require(name, folder);
        return name == MemoryName
            ? new MemoryEngine(options.Limits, options.Clock)
            : KvStore.Open(folder, options);
    }
}
