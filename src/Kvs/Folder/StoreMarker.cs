using System.Globalization;
using Kvs.Files;
using Kvs.Log;

namespace Kvs.Folder;

/// <summary>
/// The file that says which engine made a folder. Every engine that keeps anything writes one, and refuses a folder
/// that has another's or, without having one, holds anything.
/// </summary>
/// <param name="Engine">The engine's name.</param>
/// <param name="Secret">What makes the bytes of a store of the engine kvs its own.</param>
internal sealed record StoreMarker(string Engine, LogSecret Secret)
{
    private const string FormatVersion = "1";

    /// <summary>Names that may stand in a folder that is empty all the same.</summary>
    private static readonly string[] s_harmless =
        [FolderNames.Lock, FolderNames.Marker + FolderNames.UnfinishedSuffix, "lost+found"];

    /// <summary>The marker of a folder; null when the folder is missing or empty.</summary>
    /// <exception cref="KvsFolderException">It is no folder, or holds something else.</exception>
    /// <exception cref="KvsDamageException">The marker is not as it was written.</exception>
    internal static StoreMarker? TryRead(IFileSystem files, string folder)
    {
        switch (files.GetKind(folder))
        {
            case PathKind.Missing:
                return null;
            case PathKind.File:
                throw new KvsFolderException(folder,
                    $"{folder} is a file; a store needs a folder. Choose another place for the data.");
        }

        IReadOnlyList<string> names = files.List(folder);
        if (names.Contains(FolderNames.Marker))
        {
            return Read(files, folder);
        }

        string? stranger = names.Where(name => !s_harmless.Contains(name)).Order(StringComparer.Ordinal)
            .FirstOrDefault();
        return stranger is null
            ? null
            : throw new KvsFolderException(folder,
                $"{folder} holds {stranger}, but no file '{FolderNames.Marker}' that would make it a store's folder. " +
                "Choose an empty folder, or restore that file from a backup.");
    }

    /// <summary>Makes a marker for a new folder, durable when this returns.</summary>
    internal static StoreMarker Create(IFileSystem files, string folder, string engine, LogSecret secret)
    {
        string text = string.Create(CultureInfo.InvariantCulture,
            $"engine {engine}\nformat {FormatVersion}\nid {secret.StoreId:x16}\nsecret {secret.Secret:x16}\n");
        TextFile.Replace(files, folder, FolderNames.Marker, text);
        return new StoreMarker(engine, secret);
    }

    /// <summary>Throws unless this is the marker of <paramref name="engine"/>.</summary>
    internal void Require(string engine, string folder)
    {
        if (Engine != engine)
        {
            throw new KvsFolderException(folder,
                $"{folder} was made by the engine {Engine} and cannot be opened by the engine {engine}. " +
                $"Open it with {Engine}, or choose another folder.");
        }
    }

    private static StoreMarker Read(IFileSystem files, string folder)
    {
        List<(string Word, string Value)> lines = TextFile.Read(files, folder, FolderNames.Marker);
        string path = Path.Combine(folder, FolderNames.Marker);
        string Value(string word) => lines.Find(line => line.Word == word).Value ??
            throw new KvsDamageException(path, 0, $"there is no line '{word}'");
        ulong Number(string word) =>
            ulong.TryParse(Value(word), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong number)
                ? number
                : throw new KvsDamageException(path, 0, $"the line '{word}' holds no number");

        if (Value("format") != FormatVersion)
        {
            throw new KvsFolderException(folder,
                $"{folder} has format {Value("format")}, and this program knows {FormatVersion}. Use a newer program.");
        }

        return new StoreMarker(Value("engine"), new LogSecret(Number("id"), Number("secret")));
    }
}
