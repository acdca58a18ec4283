using System.CommandLine;
using Kvs.Admin;

namespace Kvs.AdminProgram.Commands;

/// <summary><c>compact DIR</c>: wins back all garbage.</summary>
internal static class CompactCommand
{
    public static Command Create()
    {
        var command = new Command("compact", "Win back the room of everything that no key needs any more");
        Argument<string> folder = Work.FolderArgument();
        command.Add(folder);
        command.SetAction(parsed =>
        {
            CompactReport report = Work.Run("Compacting",
                options => KvStoreFiles.Compact(parsed.GetRequiredValue(folder), options));
            Console.Out.WriteLine($"bytes before: {report.BytesBefore}");
            Console.Out.WriteLine($"bytes after: {report.BytesAfter}");
            Console.Out.WriteLine($"keys: {report.Keys}");
            foreach (string file in report.DamagedFiles)
            {
                Console.Error.WriteLine($"{file} is damaged and was left as it is. 'kvs-admin verify' says where.");
            }

            return report.DamagedFiles.Count == 0 ? 0 : 1;
        });
        return command;
    }
}
