using Kvs.Files;
using Kvs.Folder;

namespace Kvs.Admin;

/// <summary>Takes a folder that something is to be written to.</summary>
internal static class NewFolder
{
    /// <summary>Makes a folder if it is missing, and locks it. Returns its full path.</summary>
    /// <param name="files">Where it lives.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="source">The store's folder, which it must not lie in.</param>
    /// <param name="held">The lock.</param>
    /// <exception cref="KvsFolderException">It holds something, or cannot be used.</exception>
    internal static string Take(IFileSystem files, string folder, string source, out IDisposable held)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if ((folder + '/').StartsWith(source + '/', StringComparison.Ordinal))
        {
            throw new KvsFolderException(folder, $"{folder} lies in the store's own folder. Choose another one.");
        }

        try
        {
            ThrowUnlessEmpty(files, folder);
            files.CreateDirectory(folder);
            held = files.Lock(Path.Combine(folder, FolderNames.Lock));
            try
            {
                // Another process may have been first.
                ThrowUnlessEmpty(files, folder);
            }
            catch
            {
                held.Dispose();
                throw;
            }

            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KvsFolderException(folder, $"{folder} cannot be written to: {e.Message}", e);
        }
    }

    private static void ThrowUnlessEmpty(IFileSystem files, string folder)
    {
        switch (files.GetKind(folder))
        {
            case PathKind.Missing:
                return;
            case PathKind.File:
                throw new KvsFolderException(folder, $"{folder} is a file. Choose a folder that is new or empty.");
        }

        string? stranger = files.List(folder).Where(name => name is not (FolderNames.Lock or "lost+found"))
            .Order(StringComparer.Ordinal).FirstOrDefault();
        if (stranger is not null)
        {
            throw new KvsFolderException(folder,
                $"{folder} holds {stranger}. Choose a folder that is new or empty.");
        }
    }
}
