using System.Diagnostics;
using System.Globalization;
using System.Net;
using Kvs.Bench.Measures;
using Kvs.Bench.Options;
using Kvs.Bench.Servers;
using Kvs.Bench.Workloads;
using Kvs.CommandLine;

namespace Kvs.Bench.Runs;

/// <summary>
/// Lets redis-benchmark make the load: gets or sets of random keys (<c>key:000000012345</c>), without a look at what
/// comes back.
/// </summary>
/// <remarks>It takes a number of requests and not a time, so the number follows from the rate that was last seen.
/// </remarks>
internal sealed class RedisBenchmarkRun
{
    private const int FirstRequests = 200_000;
    private const int FillClients = 16;
    private const int FillInFlight = 64;

    /// <summary>Sets of random keys for each key: leaves 5 % of them out, which later rounds set.</summary>
    private const int FillFactor = 3;

    private readonly LoadSettings _load;
    private readonly string _path;
    private readonly Dictionary<(BenchCase Case, Mix Mix), double> _rates = [];

    private readonly RunClock _clock;

    internal RedisBenchmarkRun(LoadSettings load, RunClock clock)
    {
        _clock = clock;
        _load = load;
        _path = ServerPrograms.FindInstalled(LoadTool.RedisBenchmark) ??
                throw new ProgramException("redis-benchmark is not there: apt-get install redis-tools.");
    }

    /// <summary>Sets most of the keys.</summary>
    internal void Fill(IPEndPoint address) =>
        Start(address, FillClients, FillInFlight, Mix.Set, FillFactor * (long)_load.Keys);

    /// <summary>Runs a mix.</summary>
    internal PartResult Run(ServerCase one, IPEndPoint address, Mix mix)
    {
        long requests = _rates.TryGetValue((one, mix), out double rate)
            ? Math.Max(one.Clients, (long)(rate * _load.Seconds))
            : FirstRequests;
        double perSecond = _rates[(one, mix)] = Start(address, one.Clients, one.InFlight, mix, requests);
        return new PartResult
        {
            Operations = requests,
            ValueBytes = requests * _load.ValueBytes.Max,
            NotBegun = 0,
            Errors = 0,
            FirstError = null,
            Seconds = requests / perSecond,
            Timeline = new Timeline(),
            Latency = null,
            GetLatency = null,
            SetLatency = null,
            CpuNs = 0,
            AllocatedBytes = 0,
        };
    }

    /// <summary>Starts the tool and returns the rate that it has seen, in operations a second.</summary>
    private double Start(IPEndPoint address, int clients, int inFlight, Mix mix, long requests)
    {
        string operation = mix.Name();
        string[] arguments =
        [
            "-h", address.Address.ToString(), "-p", Text(address.Port), "-c", Text(clients), "-P", Text(inFlight),
            "-n", Text(requests), "-r", Text(_load.Keys), "-d", Text(_load.ValueBytes.Max), "-t", operation, "--csv",
        ];
        using Process process = Process.Start(new ProcessStartInfo(_path, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();

        if (_clock.IsStopped)
        {
            // Ctrl-C on the terminal has ended the tool as well.
            throw new RunInterruptedException();
        }

        // "test","rps","avg_latency_ms",... and a line with the figures, each in quotes.
        string? line = output.Split('\n').FirstOrDefault(line =>
            line.StartsWith($"\"{operation}\"", StringComparison.OrdinalIgnoreCase));
        return line is not null && double.TryParse(line.Split(',')[1].Trim('"'), NumberStyles.Float,
            CultureInfo.InvariantCulture, out double perSecond)
            ? perSecond
            : throw new ProgramException(
                $"redis-benchmark at {address} gave no figures: {output.Trim()} {errors.Result.Trim()}");
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
