using System.CommandLine;
using Kvs.Bench.Runs;

namespace Kvs.Bench.Options;

/// <summary>The command <c>kvs-bench compare</c>.</summary>
internal static class CompareCommand
{
    private const string Description = """
        Measures kvs and its peers by turns, with the same keys, mix and depth, and says how they compare.

        Nothing is installed: peers that are not there are named and left out. Servers are started on ports and folders
        of their own and ended afterwards; stores run in this process. Each result says how durable it is.

        Examples:
          kvs-bench compare                                     all peers that are there
          kvs-bench compare ycsb-b --peers redis,memcached      a workload by its name
          kvs-bench compare --peers redis --tool redis-benchmark --in-flight 1,16,64
          kvs-bench compare --peers redis --durability disk --mix set --keys 10000
        """;

    internal static Command Create()
    {
        var command = new Command(Presets.CompareCommand, Description);
        var options = new CompareOptions();
        options.AddTo(command);
        command.SetAction(parsed => Execute(options.Read(parsed)));
        return command;
    }

    private static int Execute(CompareSettings settings)
    {
        foreach (string missing in settings.Missing)
        {
            Console.Error.WriteLine("Left out: " + missing);
        }

        LoadSettings load = (settings.Embedded?.Load ?? settings.Server?.Load)!;
        return BenchRun.Execute(load.Output, settings.Embedded?.Folder ?? settings.Server?.Folder,
            (folder, clock, progress, done) =>
            {
                if (settings.Embedded is { } embedded)
                {
                    EmbeddedCommand.Measure(embedded, folder, clock, progress, done);
                }

                if (settings.Server is { } server && !clock.IsStopped)
                {
                    ServerCommand.Measure(server, folder, clock, progress, done);
                }
            });
    }
}
