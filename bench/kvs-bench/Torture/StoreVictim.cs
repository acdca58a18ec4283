using System.Globalization;

namespace Kvs.Bench.Torture;

/// <summary>This program once more, as a process that opens the store and writes (<see cref="StoreWorker"/>). It is
/// started ahead of its time, so that a kill need not wait for a runtime to start.</summary>
internal sealed class StoreVictim : IVictim
{
    private readonly VictimProcess _process;

    internal StoreVictim(TortureSettings settings, TortureFolders folders, int life)
    {
        string journal = folders.Journal(life);
        Journal = new Journal(journal, settings.Threads, life);
        _process = new VictimProcess(Environment.ProcessPath!,
        [
            .. ProgramArguments(), TortureCommand.WorkerName, folders.Store, journal,
            "--threads", Text(settings.Threads), "--life", Text(life), "--seed", Text(settings.Seed),
            "--durability", settings.Durability.ToString(),
        ]);
    }

    public Journal Journal { get; }

    public void LetGo(string? boot)
    {
        _process.Input.WriteLine(boot ?? StoreWorker.RealBoot);
        _process.Input.Flush();
    }

    public string? FindFailure() => _process.FindFailure();

    public void Kill() => _process.Kill();

    public void Dispose()
    {
        _process.Dispose();
        Journal.Dispose();
    }

    /// <summary>Where the program was started as <c>dotnet kvs-bench.dll</c>, the latter.</summary>
    private static IEnumerable<string> ProgramArguments() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? [Path.Combine(AppContext.BaseDirectory, "kvs-bench.dll")]
            : [];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
