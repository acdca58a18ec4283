using System.CommandLine;
using System.Globalization;
using System.Net;
using Kvs.Client;
using Kvs.ClientProgram.JsonLines;
using Kvs.CommandLine;

namespace Kvs.ClientProgram.Commands;

/// <summary><c>export FILE</c>: writes every entry as a line of JSON, in the order of the server's scan; of several
/// servers one after the other.</summary>
internal static class ExportCommand
{
    private const int EntriesPerPage = 1000;
    private const int FileBufferBytes = 256 * 1024;

    public static Command Create()
    {
        var command = new ServerCommand("export", "Write all entries to a file, as JSON Lines that import reads");
        var file = new Argument<string>("FILE") { Description = "The file to write; - is the standard output" };
        command.Add(file);
        command.SetAction(parsed =>
        {
            string name = parsed.GetRequiredValue(file);
            var clients = new List<KvsClient>();
            try
            {
                foreach (EndPoint address in command.GetAddresses(parsed))
                {
                    clients.Add(command.Connect(address, parsed));
                }

                long lines = TerminalProgress.Run(
                    "Exporting", CountKeys(clients), progress => ExportTo(clients, name, progress));
                Console.Error.WriteLine($"{lines} lines exported.");
                return 0;
            }
            finally
            {
                clients.ForEach(static client => client.Dispose());
            }
        });
        return command;
    }

    /// <summary>Writes to another name first: an export that fails must not cost the one before.</summary>
    private static long ExportTo(List<KvsClient> clients, string name, TerminalProgress progress)
    {
        if (name == "-" || IsDevice(name))
        {
            return Export(clients, name, progress);
        }

        string unfinished = name + ".new";
        try
        {
            long lines = Export(clients, unfinished, progress);
            File.Move(unfinished, name, overwrite: true);
            return lines;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ProgramException($"Cannot write '{name}': {exception.Message}", exception);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    private static bool IsDevice(string name) =>
        Path.GetFullPath(name).StartsWith("/dev/", StringComparison.Ordinal);

    private static long Export(List<KvsClient> clients, string name, TerminalProgress progress)
    {
        long lines = 0;
        try
        {
            using Stream stream = name == "-"
                ? new BufferedStream(Console.OpenStandardOutput(), FileBufferBytes)
                : new FileStream(name, FileMode.Create, FileAccess.Write, FileShare.Read, FileBufferBytes);
            var writer = new JsonLineWriter(stream);
            foreach (KvsEntry entry in clients.SelectMany(ScanAll))
            {
                writer.Write(entry);
                progress.Report(++lines);
            }

            return lines;
        }
        catch (Exception exception) when (exception is KvsException or IOException)
        {
            throw new ProgramException(
                $"The export is incomplete after {lines} lines: {exception.Message}", exception);
        }
    }

    private static IEnumerable<KvsEntry> ScanAll(KvsClient client)
    {
        ulong cursor = 0;
        do
        {
            ScanPage page = client.Scan(cursor, EntriesPerPage);
            foreach (KvsEntry entry in page.Entries)
            {
                yield return entry;
            }

            cursor = page.NextCursor;
        }
        while (cursor != 0);
    }

    // For the progress only: where a server does not say, there is no percentage.
    private static long? CountKeys(List<KvsClient> clients)
    {
        long sum = 0;
        foreach (KvsClient client in TerminalProgress.IsShown ? clients : [])
        {
            string? keys = client.Stats().FirstOrDefault(figure => figure.Key == "keys").Value;
            if (!long.TryParse(keys, NumberStyles.None, CultureInfo.InvariantCulture, out long count))
            {
                return null;
            }

            sum += count;
        }

        return TerminalProgress.IsShown ? sum : null;
    }
}
