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
            KvsClientOptions options = command.GetOptions(parsed);
            var failures = new List<string>();
            var clients = new List<KvsClient>();
            try
            {
                foreach (EndPoint address in command.GetAddresses(parsed))
                {
                    Try(failures, () => clients.Add(KvsClient.Connect(address, options)));
                }

                if (clients.Count == 0)
                {
                    throw new ProgramException(string.Join(Environment.NewLine, failures));
                }

                long lines = TerminalProgress.Run(
                    "Exporting", CountKeys(clients), progress => ExportTo(clients, name, failures, progress));
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

    /// <summary>Writes to another name first: an export that fails must not cost the one before. Where it has failed
    /// because of a server, what was got stays there.</summary>
    private static long ExportTo(List<KvsClient> clients, string name, List<string> failures, TerminalProgress progress)
    {
        if (name == "-" || IsDevice(name))
        {
            long written = Export(clients, name, failures, progress);
            return failures.Count == 0 ? written : throw Incomplete(failures, written, "");
        }

        string unfinished = name + ".new";
        bool isOfUse = false;
        try
        {
            long lines = Export(clients, unfinished, failures, progress);
            isOfUse = lines > 0;
            if (failures.Count > 0)
            {
                throw Incomplete(
                    failures, lines, isOfUse ? $" They are in '{unfinished}'; '{name}' is left as it was." : "");
            }

            File.Move(unfinished, name, overwrite: true);
            return lines;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ProgramException($"Cannot write '{name}': {exception.Message}", exception);
        }
        finally
        {
            if (!isOfUse)
            {
                File.Delete(unfinished);
            }
        }
    }

    private static bool IsDevice(string name) =>
        Path.GetFullPath(name).StartsWith("/dev/", StringComparison.Ordinal);

    /// <summary>Writes what the servers have; those that fail are noted, and end nothing but their part.</summary>
    private static long Export(List<KvsClient> clients, string name, List<string> failures, TerminalProgress progress)
    {
        long lines = 0;
        try
        {
            using Stream stream = name == "-"
                ? new BufferedStream(Console.OpenStandardOutput(), FileBufferBytes)
                : new FileStream(name, FileMode.Create, FileAccess.Write, FileShare.Read, FileBufferBytes);
            var writer = new JsonLineWriter(stream);
            foreach (KvsClient client in clients)
            {
                Try(failures, () =>
                {
                    foreach (KvsEntry entry in ScanAll(client))
                    {
                        writer.Write(entry);
                        progress.Report(++lines);
                    }
                });
            }

            return lines;
        }
        catch (IOException exception)
        {
            throw new ProgramException(
                $"The export is incomplete after {lines} lines: {exception.Message}", exception);
        }
    }

    private static void Try(List<string> failures, Action action)
    {
        try
        {
            action();
        }
        catch (KvsException error)
        {
            failures.Add(error.Message);
        }
    }

    private static ProgramException Incomplete(List<string> failures, long lines, string where) => new(
        $"{string.Join(Environment.NewLine, failures)}{Environment.NewLine}" +
        $"The export is incomplete: it has {lines} lines.{where}");

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
        if (!TerminalProgress.IsShown)
        {
            return null;
        }

        long sum = 0;
        try
        {
            foreach (KvsClient client in clients)
            {
                string? keys = client.Stats().FirstOrDefault(figure => figure.Key == "keys").Value;
                if (!long.TryParse(keys, NumberStyles.None, CultureInfo.InvariantCulture, out long count))
                {
                    return null;
                }

                sum += count;
            }
        }
        catch (KvsException)
        {
            // Shows itself again when the server's entries are asked for.
            return null;
        }

        return sum;
    }
}
