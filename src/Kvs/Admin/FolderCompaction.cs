namespace Kvs.Admin;

/// <summary>Opens a store for nothing but to win back its garbage.</summary>
internal static class FolderCompaction
{
    internal static CompactReport Run(string path, AdminOptions options)
    {
        long before = CountBytes(path, options);
        long keys;
        IReadOnlyList<string> damaged;
        using (KvStore store = KvStore.Open(path, StoreOptions(options)))
        {
            store.Compact();
            keys = store.GetStatistics().Keys;
            damaged = store.DamagedFiles;
        }

        return new CompactReport
        {
            BytesBefore = before,
            BytesAfter = CountBytes(path, options),
            Keys = keys,
            DamagedFiles = damaged,
        };
    }

    /// <summary>How this program opens stores: with whatever they hold.</summary>
    internal static KvStoreOptions StoreOptions(AdminOptions options) => new()
    {
        FileSystem = options.FileSystem,
        Clock = options.Clock,
        Log = options.Log,
        Durability = Durability.Process,
        Limits = new Limits
        {
            MaxKeyBytes = Limits.HighestMaxKeyBytes,
            MaxValueBytes = Limits.HighestMaxValueBytes,
        },
    };

    /// <summary>Bytes of all segments. Refuses what is no store's folder: opening would make it one.</summary>
    private static long CountBytes(string path, AdminOptions options)
    {
        using var folder = new StoreFolder(options.FileSystem, path);
        folder.ReadMarker();
        return folder.LengthOf(folder.SegmentIds);
    }
}
