using System.Globalization;
using Kvs.CommandLine;

namespace Kvs.Bench.Torture;

/// <summary>Where a torture keeps its store, and its journals beside it. Removed when it is disposed, unless something
/// in it is to be looked at.</summary>
internal sealed class TortureFolders : IDisposable
{
    private readonly bool _isTemporary;

    internal TortureFolders(string? folder)
    {
        _isTemporary = folder is null;
        Root = Path.GetFullPath(folder ?? Directory.CreateTempSubdirectory("kvs-torture-").FullName);
        Directory.CreateDirectory(Root);
        if (Directory.EnumerateFileSystemEntries(Root).Any())
        {
            throw new ProgramException($"{Root} is not empty. Give an empty folder, or one that is not there yet.");
        }

        Store = Path.Combine(Root, "store");
    }

    internal string Root { get; }

    /// <summary>The folder of the store.</summary>
    internal string Store { get; set; }

    /// <summary>Whether everything stays when the torture is over.</summary>
    internal bool IsKept { get; set; }

    internal string Journal(int life) =>
        Path.Combine(Root, string.Create(CultureInfo.InvariantCulture, $"journal-{life}"));

    public void Dispose()
    {
        if (IsKept)
        {
            return;
        }

        foreach (string entry in Directory.EnumerateFileSystemEntries(Root))
        {
            if (Directory.Exists(entry))
            {
                Directory.Delete(entry, recursive: true);
            }
            else
            {
                File.Delete(entry);
            }
        }

        if (_isTemporary)
        {
            Directory.Delete(Root);
        }
    }
}
