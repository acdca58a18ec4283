// The six classic benchmarks (Served/) and those of the parts (Parts/), with BenchmarkDotNet. Any of its options goes
// through; --quick, which is ours, measures everything in a few minutes, with little certainty:
//
//     dotnet run -c Release --project bench/Kvs.Benchmarks -- --list flat
//     dotnet run -c Release --project bench/Kvs.Benchmarks -- --quick --filter '*'
//     dotnet run -c Release --project bench/Kvs.Benchmarks -- --filter '*Served*'
//     dotnet run -c Release --project bench/Kvs.Benchmarks -- --filter '*Checksum*' '*Record*'
//
// Those of rocksdb need its library (apt-get install librocksdb7.8). Results are printed, and written to
// artifacts/benchmarks/results, as JSON among others. The exit code is 1 where one of them failed.

using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Exporters.Json;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Kvs.RocksDb;

const string QuickOption = "--quick";

RocksDbEngine.Register();
bool isQuick = args.Contains(QuickOption);

// In this process: a project of its own for each job would be built with this repository's settings, in other folders
// than BenchmarkDotNet looks into.
Job job = (isQuick ? Job.ShortRun : Job.Default).WithToolchain(InProcessEmitToolchain.Instance);
IConfig config = DefaultConfig.Instance.AddJob(job.AsDefault()).AddExporter(JsonExporter.Brief)
    .WithArtifactsPath(Path.Combine("artifacts", "benchmarks"));
Summary[] summaries = [.. BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly)
    .Run([.. args.Where(arg => arg != QuickOption)], config)];
bool hasFailed = summaries.Any(summary =>
    summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success));
return RocksDbEngine.Exit(hasFailed ? 1 : 0);
