using System.Runtime.InteropServices;
using Kvs.Bench.Options;
using Kvs.Bench.Reports;
using Kvs.Bench.Workloads;
using Kvs.CommandLine;

namespace Kvs.Bench.Runs;

/// <summary>A run from its options to its reports and its exit code.</summary>
internal static class EmbeddedRun
{
    /// <summary>Runs; returns the exit code.</summary>
    internal static int Execute(EmbeddedSettings settings)
    {
        // A file that cannot be written is an error now, and not when the results are there.
        FileStream? json = settings.JsonFile is null ? null : File.Create(settings.JsonFile);
        using (json)
        {
            var clock = new RunClock();
            using PosixSignalRegistration interrupt = StopOn(PosixSignal.SIGINT, clock);
            using PosixSignalRegistration terminate = StopOn(PosixSignal.SIGTERM, clock);
            IReadOnlyList<Series> results = Measure(settings, clock);
            TextReport.Write(Console.Out, settings, results);
            if (json is not null)
            {
                JsonReport.Write(json, settings, results);
            }

            return ReportErrors(results);
        }
    }

    private static IReadOnlyList<Series> Measure(EmbeddedSettings settings, RunClock clock)
    {
        string folder = PrepareFolder(settings.Folder);
        var progress = new ProgressLine();
        try
        {
            return new EmbeddedBenchmark(settings, folder, clock, progress).Run(Console.Out);
        }
        finally
        {
            progress.Clear();
            if (settings.Folder is null)
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static string PrepareFolder(string? folder)
    {
        if (folder is null)
        {
            return Directory.CreateTempSubdirectory("kvs-bench-").FullName;
        }

        Directory.CreateDirectory(folder);
        return Directory.EnumerateFileSystemEntries(folder).Any()
            ? throw new ProgramException($"{folder} is not empty: give --dir a folder of its own.")
            : folder;
    }

    // So that what was made is removed. The second signal ends the program at once.
    private static PosixSignalRegistration StopOn(PosixSignal signal, RunClock clock) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = !clock.IsStopped;
            clock.Stop();
        });

    private static int ReportErrors(IReadOnlyList<Series> results)
    {
        foreach (Series series in results.Where(series => series.Errors > 0))
        {
            Console.Error.WriteLine($"{series.Name}: {series.Errors} errors; the first: {series.FirstError}.");
        }

        return results.Any(series => series.Errors > 0) ? 1 : 0;
    }
}
