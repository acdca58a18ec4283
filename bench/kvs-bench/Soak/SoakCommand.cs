using System.CommandLine;
using System.Globalization;
using Kvs.Bench.Options;
using Kvs.Bench.Torture;

namespace Kvs.Bench.Soak;

/// <summary>The command <c>kvs-bench soak</c>.</summary>
internal static class SoakCommand
{
    private const string Description = """
        Uses a store, or a server, for hours, and says whether open files, threads, memory and disk stay flat.

        Threads set, read and remove 20,000 keys with values of up to 100,000 bytes; clients connect anew every 5,000
        operations. The first third of the time is for warming up; the second and the last are compared. The exit code
        is 1 when something grew, or a value was not as it was written.

        Examples:
          kvs-bench soak --hours 1
          kvs-bench soak --hours 8 --server artifacts/kvs/kvs-server --durability disk
        """;

    private const double MaxHours = 24 * 365;

    internal static Command Create()
    {
        Option<double> hours = OptionMaker.Value<double>("--hours", "H", "How long", 1, TryParseHours,
            string.Create(CultureInfo.InvariantCulture, $"give a number above 0, up to {MaxHours}"));
        Option<int> threads = ProofOptions.CreateThreads();
        Option<DurabilityChoice> durability = ProofOptions.CreateDurability(Durability.Interval);
        Option<string?> server = ProofOptions.CreateServer();
        Option<string?> folder = ProofOptions.CreateFolder();
        var command = new Command("soak", Description) { hours, threads, durability, server, folder };
        command.SetAction(parsed => SoakRun.Execute(new SoakSettings
        {
            Duration = TimeSpan.FromHours(parsed.GetRequiredValue(hours)),
            Threads = parsed.GetRequiredValue(threads),
            Durability = parsed.GetRequiredValue(durability),
            Server = parsed.GetValue(server),
            Folder = parsed.GetValue(folder),
        }));
        return command;
    }

    private static bool TryParseHours(string text, out double hours) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out hours) &&
        hours is > 0 and <= MaxHours;
}
