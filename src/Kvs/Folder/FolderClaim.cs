using Kvs.Files;
using Kvs.Log;

namespace Kvs.Folder;

/// <summary>A folder that one engine has for itself: the marker names it, and the lock is held.</summary>
/// <param name="Marker">The folder's marker.</param>
/// <param name="Lock">What holds the lock until it is disposed.</param>
internal sealed record FolderClaim(StoreMarker Marker, IDisposable Lock)
{
    /// <summary>Claims a folder, which is made if it is missing, and changes nothing in one that cannot be
    /// had.</summary>
    /// <param name="files">Where the folder is.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="engine">The engine's name.</param>
    /// <param name="newSecret">What makes a new store's bytes its own; random when null.</param>
    /// <exception cref="KvsFolderException">The folder is in use, is another engine's, or cannot be used.</exception>
    /// <exception cref="KvsDamageException">The marker is not as it was written.</exception>
    internal static FolderClaim Take(IFileSystem files, string folder, string engine, LogSecret? newSecret = null)
    {
        IDisposable? held = null;
        try
        {
            StoreMarker? marker = StoreMarker.TryRead(files, folder);
            marker?.Require(engine, folder);
            if (marker is null)
            {
                files.CreateDirectory(folder);
            }

            held = TakeLock(files, folder);

            // Another process may have made the store meanwhile.
            marker = StoreMarker.TryRead(files, folder) ??
                StoreMarker.Create(files, folder, engine, newSecret ?? LogSecret.MakeRandom());
            marker.Require(engine, folder);
            return new FolderClaim(marker, held);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            held?.Dispose();
            throw new KvsFolderException(folder, $"{folder} cannot be opened as a store: {e.Message}", e);
        }
        catch
        {
            held?.Dispose();
            throw;
        }
    }

    private static IDisposable TakeLock(IFileSystem files, string folder)
    {
        try
        {
            return files.Lock(Path.Combine(folder, FolderNames.Lock));
        }
        catch (FileLockedException e)
        {
            throw new KvsFolderException(folder,
                $"{folder} is in use by {e.Holder}. One process at a time can open a store; " +
                "stop that one, or choose another folder.", e);
        }
    }
}
