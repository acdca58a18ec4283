using System.CommandLine;
using Kvs.Admin;

namespace Kvs.AdminProgram.Commands;

/// <summary><c>salvage DIR OUT</c>: makes a new store of all that is sound; a line for everything that is lost, and
/// exit code 1 where something is.</summary>
internal static class SalvageCommand
{
    public static Command Create()
    {
        var command = new Command("salvage", "Make a new store of all that is sound in a damaged one, report the rest");
        Argument<string> folder = Work.FolderArgument();
        Argument<string> target = Work.TargetArgument();
        command.Add(folder);
        command.Add(target);
        command.SetAction(parsed =>
        {
            SalvageReport report = Work.Run("Salvaging", options => KvStoreFiles.Salvage(
                parsed.GetRequiredValue(folder), parsed.GetRequiredValue(target), options));
            Print(report);
            return report.IsComplete ? 0 : 1;
        });
        return command;
    }

    private static void Print(SalvageReport report)
    {
        foreach (LostRange range in report.LostRanges)
        {
            Console.Out.WriteLine($"damaged {range}");
        }

        foreach (LostRecord record in report.LostRecords)
        {
            Console.Out.WriteLine($"lost {record}");
        }

        foreach (string warning in report.Warnings)
        {
            Console.Error.WriteLine(warning);
        }

        Console.Out.WriteLine($"segments: {report.Segments}");
        Console.Out.WriteLine($"records: {report.Records}");
        Console.Out.WriteLine($"keys saved: {report.Keys}");
        Console.Out.WriteLine($"bytes saved: {report.Bytes}");
        Console.Out.WriteLine($"keys expired: {report.ExpiredKeys}");
        Console.Out.WriteLine($"keys known to have lost their latest write: {report.LostRecords.Count}");
        if (report.MayHoldOlderValues)
        {
            Console.Error.WriteLine("Not all is known that was in the damaged places: any key may have had a later " +
                "value there, or have been removed.");
        }
    }
}
