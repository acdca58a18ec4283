using System.CommandLine;
using Kvs.Admin;

namespace Kvs.AdminProgram.Commands;

/// <summary><c>verify DIR</c>: compares every checksum; a line for each damaged place, and exit code 1 where there is
/// one.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var command = new Command("verify", "Read everything and compare every checksum; changes nothing");
        Argument<string> folder = Work.FolderArgument();
        var json = new Option<bool>("--json") { Description = "As one JSON object" };
        command.Add(folder);
        command.Add(json);
        command.SetAction(parsed =>
        {
            VerifyReport report = Work.Run("Verifying",
                options => KvStoreFiles.Verify(parsed.GetRequiredValue(folder), options));
            if (parsed.GetValue(json))
            {
                Console.Out.WriteLine(VerifyJson.Write(report));
            }
            else
            {
                Print(report);
            }

            if (!report.IsSound)
            {
                Console.Error.WriteLine(report.Damages.Count == 1
                    ? "1 file is damaged."
                    : $"{report.Damages.Count} files are damaged.");
            }

            return report.IsSound ? 0 : 1;
        });
        return command;
    }

    private static void Print(VerifyReport report)
    {
        foreach (DamagedPlace damage in report.Damages)
        {
            Console.Out.WriteLine(damage);
        }

        Console.Out.WriteLine($"segments: {report.Segments}");
        Console.Out.WriteLine($"bytes: {report.Bytes}");
        Console.Out.WriteLine($"records: {report.Records}");
        if (report.Keys is { } keys)
        {
            Console.Out.WriteLine($"keys: {keys}");
        }

        if (report.Recovery is { } recovery)
        {
            Console.Out.WriteLine(recovery.IsPowerCut
                ? $"not closed: the machine was stopped; opening keeps {recovery.KeptRecords} records of the last " +
                  $"session's open segments and drops {recovery.DroppedBytes} bytes behind them"
                : $"not closed: the process ended; opening keeps all {recovery.KeptRecords} records of its open " +
                  $"segments; {recovery.UnfinishedWrites} writes had begun and were not complete");
        }
    }
}
