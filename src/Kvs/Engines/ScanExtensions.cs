using Kvs.Text;

namespace Kvs;

/// <summary>Scans of all keys, or of those that begin alike, page after page.</summary>
/// <remarks>What <see cref="IKvsEngine.Scan"/> promises of all pages holds of the whole. Each enumeration begins a scan
/// of its own, and reads the next page when it gets there.</remarks>
public static class ScanExtensions
{
    /// <summary>Entries of a page, unless told otherwise.</summary>
    public const int DefaultPageEntries = 1_000;

    /// <summary>Keys and values of a page, unless told otherwise, in bytes.</summary>
    public const int DefaultPageBytes = 1024 * 1024;

    /// <summary>All entries whose keys begin with a prefix, or all.</summary>
    public static IEnumerable<KvsEntry> ScanAll(this IKvsEngine engine, ReadOnlyMemory<byte> prefix = default) =>
        engine.ScanPages(prefix).SelectMany(static page => page.Entries);

    /// <inheritdoc cref="ScanAll(IKvsEngine, ReadOnlyMemory{byte})"/>
    public static IEnumerable<KvsEntry> ScanAll(this IKvsEngine engine, string prefix) =>
        engine.ScanAll(Utf8Text.Encode(prefix));

    /// <summary>All keys that begin with a prefix, or all, without their values.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> ScanKeys(
        this IKvsEngine engine, ReadOnlyMemory<byte> prefix = default) =>
        engine.ScanPages(prefix, keysOnly: true)
            .SelectMany(static page => page.Entries, static (_, entry) => entry.Key);

    /// <inheritdoc cref="ScanKeys(IKvsEngine, ReadOnlyMemory{byte})"/>
    public static IEnumerable<ReadOnlyMemory<byte>> ScanKeys(this IKvsEngine engine, string prefix) =>
        engine.ScanKeys(Utf8Text.Encode(prefix));

    /// <summary>The pages of a scan, each with the cursor at which another scan goes on behind it.</summary>
    /// <param name="engine">The store.</param>
    /// <param name="prefix">Only keys that begin with these bytes.</param>
    /// <param name="cursor">0 to begin, or a page's <see cref="ScanPage.NextCursor"/> to go on.</param>
    /// <param name="maxEntries">The most entries of a page.</param>
    /// <param name="maxBytes">Where a page ends, in bytes of its keys and values.</param>
    /// <param name="keysOnly">Leaves the values of the entries empty.</param>
    public static IEnumerable<ScanPage> ScanPages(
        this IKvsEngine engine,
        ReadOnlyMemory<byte> prefix = default,
        ulong cursor = 0,
        int maxEntries = DefaultPageEntries,
        long maxBytes = DefaultPageBytes,
        bool keysOnly = false)
    {
        ScanPage page;
        do
        {
            page = engine.Scan(cursor, maxEntries, maxBytes, prefix.Span, keysOnly);
            yield return page;
            cursor = page.NextCursor;
        }
        while (cursor != 0);
    }
}
