using System.Globalization;
using System.Text;
using Kvs.Files;
using Kvs.Log;

namespace Kvs.Folder;

/// <summary>
/// A small text file that is replaced as a whole: lines of a word and its value, and at the end a line with the
/// CRC-32C of all before it. Readable by a person; a changed bit is noticed.
/// </summary>
internal static unsafe class TextFile
{
    private const string CheckWord = "check ";
    private const int CheckLineBytes = 15; // "check ", 8 digits, a line feed
    private const int MaxBytes = 64 * 1024 * 1024;

    /// <summary>Writes the file under another name, syncs it, gives it its name and syncs the folder, so that at any
    /// moment the old or the new one is there as a whole.</summary>
    internal static void Replace(IFileSystem files, string folder, string name, string text)
    {
        string unfinished = Path.Combine(folder, name + FolderNames.UnfinishedSuffix);
        if (files.GetKind(unfinished) != PathKind.Missing)
        {
            files.Unlink(unfinished);
        }

        byte[] body = Encoding.UTF8.GetBytes(text);
        string check = string.Create(CultureInfo.InvariantCulture, $"{CheckWord}{Checksum.OfBytes(body):x8}\n");
        byte[] bytes = [.. body, .. Encoding.ASCII.GetBytes(check)];
        using (IFile file = files.Create(unfinished))
        {
            file.Allocate(bytes.Length);
            bytes.CopyTo(new Span<byte>(file.Map(bytes.Length), bytes.Length));
            file.Sync();
        }

        files.Rename(unfinished, Path.Combine(folder, name));
        files.SyncDirectory(folder);
    }

    /// <summary>Reads the file's lines; each is a word and what follows it.</summary>
    /// <exception cref="KvsDamageException">The file is not as it was written.</exception>
    internal static List<(string Word, string Value)> Read(IFileSystem files, string folder, string name)
    {
        string path = Path.Combine(folder, name);
        byte[] bytes;
        using (IFile file = files.Open(path, writable: false))
        {
            long length = file.Length;
            if (length is < CheckLineBytes or > MaxBytes)
            {
                throw new KvsDamageException(path, 0, $"the file has {length} bytes, which it never has when whole");
            }

            bytes = new ReadOnlySpan<byte>(file.Map(length), (int)length).ToArray();
        }

        int bodyBytes = bytes.Length - CheckLineBytes;
        string expected = string.Create(CultureInfo.InvariantCulture,
            $"{CheckWord}{Checksum.OfBytes(bytes.AsSpan(0, bodyBytes)):x8}\n");
        if (!bytes.AsSpan(bodyBytes).SequenceEqual(Encoding.ASCII.GetBytes(expected)))
        {
            throw new KvsDamageException(path, bodyBytes, "the checksum of the file does not match");
        }

        string[] lines = Encoding.UTF8.GetString(bytes, 0, bodyBytes).Split('\n',
            StringSplitOptions.RemoveEmptyEntries);
        return [.. lines.Select(SplitLine)];
    }

    private static (string Word, string Value) SplitLine(string line)
    {
        int space = line.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? (line, "") : (line[..space], line[(space + 1)..]);
    }
}
