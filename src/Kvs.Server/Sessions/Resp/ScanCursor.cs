namespace Kvs.Server.Sessions.Resp;

/// <summary>Reads a page of keys from a cursor of the engine.</summary>
internal delegate ScanPage PageReader(ulong cursor, int maxEntries, ReadOnlySpan<byte> prefix);

/// <summary>
/// The cursors that SCAN shows: the engine's, which are hashes of 64 bits, without their lowest bits. A client that
/// keeps them as floating-point or as signed numbers then keeps them whole.
/// </summary>
/// <remarks>A cursor that is shown stands for the first of all hashes that begin with its bits. So a page may end only
/// where none that it returns begins with the same bits as the next one; otherwise a few more keys come along. With a
/// billion keys that happens once in some ten million pages.</remarks>
internal static class ScanCursor
{
    /// <summary>The bits that are left out: 53 stay, the whole numbers of a double.</summary>
    private const int UsualDroppedBits = 11;

    /// <summary>Reads a page from a cursor that was shown, or 0; its next cursor is one to show.</summary>
    /// <param name="read">Reads from the engine's cursors.</param>
    /// <param name="shown">The cursor.</param>
    /// <param name="maxEntries">How many keys the page has, or a few more.</param>
    /// <param name="prefix">What they begin with.</param>
    /// <param name="droppedBits">How many bits are not shown.</param>
    internal static ScanPage ReadPage(
        PageReader read, ulong shown, int maxEntries, ReadOnlySpan<byte> prefix, int droppedBits = UsualDroppedBits)
    {
        ScanPage page = read(shown << droppedBits, maxEntries, prefix);
        var entries = new List<KvsEntry>(page.Entries);
        ulong next = page.NextCursor;
        while (next != 0 && !CanShow(read, next, droppedBits))
        {
            page = read(next, 1, prefix);
            entries.AddRange(page.Entries);
            next = page.NextCursor;
        }

        return new ScanPage(entries, next >> droppedBits);
    }

    /// <summary>Whether no key lies between what a cursor stands for when its lowest bits are left out, and the cursor.
    /// </summary>
    private static bool CanShow(PageReader read, ulong next, int droppedBits)
    {
        ulong begin = next >> droppedBits << droppedBits;

        // 0 is the end, when it is shown.
        if (begin == 0 || begin == next)
        {
            return begin != 0;
        }

        // Behind the first key from there on, whatever it begins with.
        ulong behind = read(begin, 1, default).NextCursor;
        return behind == 0 || behind > next;
    }
}
