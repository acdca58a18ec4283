using System.CommandLine;
using System.Globalization;
using Kvs.Client;
using Kvs.ClientProgram.JsonLines;
using Kvs.CommandLine;

namespace Kvs.ClientProgram.Commands;

/// <summary><c>export FILE</c>: writes every entry as a line of JSON, in the order of the server's scan.</summary>
internal static class ExportCommand
{
    private const int EntriesPerPage = 1000;
    private const int FileBufferBytes = 256 * 1024;

    public static Command Create()
    {
        var command = new ServerCommand("export", "Write all entries to a file, as JSON Lines that import reads");
        var file = new Argument<string>("FILE") { Description = "The file to write; - is the standard output" };
        command.Add(file);
        command.SetAction((client, parsed) =>
        {
            string name = parsed.GetRequiredValue(file);
            long lines = TerminalProgress.Run(
                "Exporting", CountKeys(client), progress => ExportTo(client, name, progress));
            Console.Error.WriteLine($"{lines} lines exported.");
            return 0;
        });
        return command;
    }

    /// <summary>Writes to another name first: an export that fails must not cost the one before.</summary>
    private static long ExportTo(KvsClient client, string name, TerminalProgress progress)
    {
        if (name == "-" || IsDevice(name))
        {
            return Export(client, name, progress);
        }

        string unfinished = name + ".new";
        try
        {
            long lines = Export(client, unfinished, progress);
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

    private static long Export(KvsClient client, string name, TerminalProgress progress)
    {
        long lines = 0;
        try
        {
            using Stream stream = name == "-"
                ? new BufferedStream(Console.OpenStandardOutput(), FileBufferBytes)
                : new FileStream(name, FileMode.Create, FileAccess.Write, FileShare.Read, FileBufferBytes);
            var writer = new JsonLineWriter(stream);
            ulong cursor = 0;
            do
            {
                ScanPage page = client.Scan(cursor, EntriesPerPage);
                foreach (KvsEntry entry in page.Entries)
                {
                    writer.Write(entry);
                    progress.Report(++lines);
                }

                cursor = page.NextCursor;
            }
            while (cursor != 0);

            return lines;
        }
        catch (Exception exception) when (exception is KvsException or IOException)
        {
            throw new ProgramException(
                $"The export is incomplete after {lines} lines: {exception.Message}", exception);
        }
    }

    // For the progress only: where the server does not say, there is no percentage.
    private static long? CountKeys(KvsClient client)
    {
        if (!TerminalProgress.IsShown)
        {
            return null;
        }

        string? keys = client.Stats().FirstOrDefault(figure => figure.Key == "keys").Value;
        return long.TryParse(keys, NumberStyles.None, CultureInfo.InvariantCulture, out long count) ? count : null;
    }
}
