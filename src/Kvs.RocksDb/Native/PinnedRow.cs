namespace Kvs.RocksDb.Native;

/// <summary>A row where RocksDB holds it, or none. Valid until it is disposed.</summary>
/// <param name="pinned">RocksDB's handle; 0 for no row.</param>
internal readonly unsafe ref struct PinnedRow(nint pinned) : IDisposable
{
    /// <summary>Whether there is a row.</summary>
    internal bool IsThere => pinned != 0;

    /// <summary>Its bytes.</summary>
    internal ReadOnlySpan<byte> Bytes
    {
        get
        {
            byte* start = RocksDbLibrary.GetValue(pinned, out nuint bytes);
            return new ReadOnlySpan<byte>(start, (int)bytes);
        }
    }

    /// <summary>Lets go of it. Once.</summary>
    public void Dispose()
    {
        if (pinned != 0)
        {
            RocksDbLibrary.DestroyPinned(pinned);
        }
    }
}
