using System.Runtime.InteropServices;
using Kvs.Bench.Options;
using Kvs.Bench.Reports;
using Kvs.Bench.Workloads;
using Kvs.CommandLine;

namespace Kvs.Bench.Runs;

/// <summary>A run from its start to its reports and its exit code.</summary>
internal static class BenchRun
{
    /// <summary>Measures.</summary>
    /// <param name="folder">Where stores can be made.</param>
    /// <param name="clock">Stops when the user wants the run to end.</param>
    /// <param name="progress">Shows what is being done.</param>
    /// <param name="done">Told of each benchmark that ends, however it does.</param>
    internal delegate void Measure(string folder, RunClock clock, ProgressLine progress, Action<Benchmark> done);

    /// <summary>Runs; returns the exit code.</summary>
    /// <param name="output">The files that the results go to.</param>
    /// <param name="dataFolder">Where stores are made; a temporary folder when null.</param>
    /// <param name="measure">Does it.</param>
    internal static int Execute(OutputFiles output, string? dataFolder, Measure measure)
    {
        // A file that cannot be written is an error now, and not when the results are there.
        using var files = new ReportFiles(output);
        var clock = new RunClock();
        using PosixSignalRegistration interrupt = StopOn(PosixSignal.SIGINT, clock);
        using PosixSignalRegistration terminate = StopOn(PosixSignal.SIGTERM, clock);
        string folder = PrepareFolder(dataFolder);
        var progress = new ProgressLine();
        List<Benchmark> benchmarks = [];
        List<BenchResult> results = [];
        try
        {
            measure(folder, clock, progress, benchmark =>
            {
                benchmarks.Add(benchmark);
                results.AddRange(benchmark.Results(folder));
            });
        }
        finally
        {
            progress.Clear();
            if (dataFolder is null)
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        TextReport.Write(Console.Out, results);
        files.Write(results);
        return ReportErrors(benchmarks, clock.IsStopped, results.Count > 0);
    }

    /// <summary>The folder for data: the one that is given, which must be empty or not there, or a temporary one.
    /// </summary>
    internal static string PrepareFolder(string? folder)
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

    // So that what was measured is reported and what was made is removed. The second signal ends the program at once.
    private static PosixSignalRegistration StopOn(PosixSignal signal, RunClock clock) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = !clock.IsStopped;
            clock.Stop();
        });

    private static int ReportErrors(List<Benchmark> benchmarks, bool wasInterrupted, bool hasResults)
    {
        Series[] failed = [.. benchmarks.SelectMany(benchmark => benchmark.Failed)];
        foreach (Series series in failed)
        {
            Console.Error.WriteLine($"{series.Name}: {series.Errors} errors; the first: {series.FirstError}.");
        }

        if (wasInterrupted)
        {
            Console.Error.WriteLine(hasResults
                ? "Interrupted: these are the results of the rounds that there are."
                : "Interrupted: there are no results.");
        }

        return failed.Length > 0 || wasInterrupted ? 1 : 0;
    }
}
