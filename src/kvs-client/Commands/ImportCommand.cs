using System.CommandLine;
using Kvs.CommandLine;

namespace Kvs.ClientProgram.Commands;

/// <summary><c>import FILE</c>: stores every line of a file that <c>export</c> wrote, or that looks like it.</summary>
internal static class ImportCommand
{
    public static Command Create()
    {
        var command = new ServerCommand("import", "Store the entries of a file of JSON Lines");
        var file = new Argument<string>("FILE")
        {
            Description = "The file to read, one {\"key\": ..., \"value\": ...} a line; - is the standard input",
        };
        var skipBad = new Option<bool>("--skip-bad") { Description = "Count bad lines and go on" };
        command.Add(file);
        command.Add(skipBad);
        command.SetAction(parsed =>
        {
            using Stream stream = Open(parsed.GetRequiredValue(file));
            using var importer = new Importer(
                command.GetAddresses(parsed), command.GetOptions(parsed), stream, parsed.GetValue(skipBad));
            TerminalProgress.Run("Importing", stream.CanSeek ? stream.Length : null, progress =>
            {
                importer.Run(progress);
                return 0;
            });
            Console.Error.WriteLine(importer.Skipped == 0
                ? $"{importer.Stored} lines imported."
                : $"{importer.Stored} lines imported, {importer.Skipped} bad lines skipped; the first: " +
                  $"{importer.FirstSkipped}.");
            return 0;
        });
        return command;
    }

    private static Stream Open(string name)
    {
        if (name == "-")
        {
            return Console.OpenStandardInput();
        }

        if (Directory.Exists(name))
        {
            throw new ProgramException($"'{name}' is a folder, not a file.");
        }

        // The reader has a buffer of its own.
        return new FileStream(name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
    }
}
