using Kvs.Bench.Measures;
using Kvs.Bench.Options;
using Kvs.Bench.Workloads;
using Kvs.CommandLine;
using static Kvs.Bench.Reports.Figures;

namespace Kvs.Bench.Reports;

/// <summary>Says what is going to be measured, and on what: every setting of a run.</summary>
internal static class RunHeader
{
    /// <summary>Writes it for stores in this process.</summary>
    internal static void Write(TextWriter output, EmbeddedSettings settings) => Write(output, settings.Load,
        string.Join(", ", settings.Engines),
        $"threads {Join(settings.Threads)}{(settings.IsAtomic ? "; atomic batches" : "")}; " +
        $"partitions {Join(settings.Partitions)}");

    /// <summary>Writes it for servers.</summary>
    internal static void Write(TextWriter output, ServerSettings settings)
    {
        string count = settings.Shards == 1 ? "" : $" ({settings.Shards} of each)";
        Write(output, settings.Load, Join(settings.Servers) + count,
            $"clients {Join(settings.Clients)} on {settings.ClientThreads} threads; in flight " +
            $"{Join(settings.InFlight)}{Idle(settings)}{Given("pool", settings.Pools)}" +
            Given("pool threads", settings.Threads) + Given("partitions", settings.Partitions));
    }

    private static string Idle(ServerSettings settings) =>
        settings.Idle.Max() == 0 ? "" : $"; idle {Join(settings.Idle)}";

    private static string Given<T>(string what, IReadOnlyList<T> values) =>
        values.Count == 0 ? "" : $"; {what} {Join(values)}";

    private static void Write(TextWriter output, LoadSettings load, string subject, string parallel)
    {
        MachineInfo machine = MachineInfo.Current;
        string workload = load.Workload is null ? "" : load.Workload + ": ";
        string keys = load.KeyFormat == KeyFormat.Binary
            ? $"keys of {load.KeyBytes} bytes"
            : $"{load.KeyFormat.ToString().ToLowerInvariant()} keys";
        string rate = load.Rate is { } perSecond ? Invariant($"; {perSecond} operations begun each second") : "";
        output.WriteLine(Invariant(
            $"kvs-bench {CommandLineProgram.Version}: {workload}{subject}; durability {load.Durability}; " +
            $"{load.Keys:N0} {keys}, values of {load.ValueBytes} bytes, {load.Distribution}; mix " +
            $"{Join(load.Mixes.Select(mix => mix.Name()))}; {parallel}; batch {Join(load.Batches)}{rate}; " +
            $"{load.Rounds} rounds of {load.Seconds} s after one to warm up; {machine.Processors} processors " +
            $"({machine.Processor}), {machine.MemoryBytes / Million:F0} MB, {machine.Runtime}, " +
            $"{machine.OperatingSystem}"));
    }

    private static string Join<T>(IEnumerable<T> values) => string.Join(", ", values);
}
