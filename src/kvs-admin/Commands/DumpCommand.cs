using System.CommandLine;
using System.Text;
using Kvs.Admin;

namespace Kvs.AdminProgram.Commands;

/// <summary><c>dump DIR</c>: prints what stands in the files; exit code 1 where some of it is damaged.</summary>
internal static class DumpCommand
{
    private const int BufferChars = 64 * 1024;

    public static Command Create()
    {
        var command = new Command("dump", "Print what stands in the files, a line for each thing; changes nothing");
        Argument<string> folder = Work.FolderArgument();
        var segment = new Option<ulong?>("--segment") { Description = "Only this segment", HelpName = "N" };
        var full = new Option<bool>("--full") { Description = "Long keys and values in full" };
        command.Add(folder);
        command.Add(segment);
        command.Add(full);
        command.SetAction(parsed =>
        {
            using var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false), BufferChars)
            {
                NewLine = "\n",
            };
            int damages = KvStoreFiles.Dump(parsed.GetRequiredValue(folder), output, parsed.GetValue(segment),
                parsed.GetValue(full));
            output.Flush();
            if (damages > 0)
            {
                Console.Error.WriteLine($"{damages} damaged places.");
            }

            return damages == 0 ? 0 : 1;
        });
        return command;
    }
}
