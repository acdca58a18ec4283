using System.CommandLine;
using Kvs.Admin;

namespace Kvs.AdminProgram.Commands;

/// <summary><c>backup DIR OUT</c>: copies a store, and verifies the copy.</summary>
internal static class BackupCommand
{
    public static Command Create()
    {
        var command = new Command("backup", "Copy a store to another folder and verify the copy");
        Argument<string> folder = Work.FolderArgument();
        Argument<string> target = Work.TargetArgument();
        command.Add(folder);
        command.Add(target);
        command.SetAction(parsed =>
        {
            BackupReport report = Work.Run("Backing up", options => KvStoreFiles.Backup(
                parsed.GetRequiredValue(folder), parsed.GetRequiredValue(target), options));
            Console.Out.WriteLine($"segments: {report.Segments}");
            Console.Out.WriteLine($"bytes: {report.Bytes}");
            return 0;
        });
        return command;
    }
}
