using System.Diagnostics;
using System.Globalization;
using System.Net;
using Kvs.Bench.Torture;
using Kvs.CommandLine;

namespace Kvs.Bench.Soak;

/// <summary>One run of <c>kvs-bench soak</c>.</summary>
internal sealed class SoakRun : IDisposable
{
    private const int Samples = 120;
    private const string Listening = "listening on ";

    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(60);

    private readonly SoakSettings _settings;
    private readonly TortureFolders _folders;
    private readonly KvStore? _store;
    private readonly VictimProcess? _server;
    private readonly SoakWorker[] _workers;
    private volatile Exception? _failure;

    private SoakRun(SoakSettings settings)
    {
        _settings = settings;
        _folders = new TortureFolders(settings.Folder);
        Func<ITortureTarget> connect;
        if (settings.Server is { } program)
        {
            var address = new TaskCompletionSource<IPEndPoint>();
            _server = new VictimProcess(program,
            [
                "--addr", "127.0.0.1:0", "--data", _folders.Store, "--durability", settings.Durability.ToString(),
            ], line => TakeLogLine(line, address));
            if (!address.Task.Wait(s_startLimit))
            {
                throw new ProgramException($"{program} does not listen: {_server.FindFailure()}");
            }

            connect = () => new ClientTarget(address.Task.Result);
        }
        else
        {
            _store = KvStore.Open(_folders.Store, new KvStoreOptions
            {
                Durability = settings.Durability.Level,
                SyncInterval = settings.Durability.Interval,
            });
            connect = () => new StoreTarget(_store);
        }

        _workers = [.. Enumerable.Range(0, settings.Threads)
            .Select(number => new SoakWorker(connect, number, new Random(number)))];
    }

    /// <summary>Runs all of it; returns the exit code.</summary>
    internal static int Execute(SoakSettings settings)
    {
        settings.Check();
        using var run = new SoakRun(settings);
        (bool isFlat, IReadOnlyList<string> lines) = SoakVerdict.Of(run.Run());
        foreach (string line in lines)
        {
            Console.Out.WriteLine(line);
        }

        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{run._workers.Sum(worker => worker.Operations):n0} operations, every value as it was written"));
        return isFlat ? 0 : 1;
    }

    public void Dispose()
    {
        _server?.Dispose();
        _store?.Dispose();
        _folders.Dispose();
    }

    private static void TakeLogLine(string line, TaskCompletionSource<IPEndPoint> address)
    {
        if (line.StartsWith(Listening, StringComparison.Ordinal))
        {
            address.TrySetResult(IPEndPoint.Parse(line[Listening.Length..]));
        }
    }

    private List<SoakSample> Run()
    {
        using var over = new CancellationTokenSource();
        List<Thread> threads = [.. _workers.Select(worker => new Thread(() => Run(worker, over.Token)))];
        threads.ForEach(thread => thread.Start());
        List<SoakSample> samples = [];
        TimeSpan rest = _settings.Duration / Samples;
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < _settings.Duration || samples.Count < SoakVerdict.MinSamples)
        {
            Thread.Sleep(rest);
            if ((_failure?.ToString() ?? _server?.FindFailure()) is { } failure)
            {
                _folders.IsKept = true;
                over.Cancel();
                threads.ForEach(thread => thread.Join());
                throw new ProgramException($"{failure}\nEverything is kept in {_folders.Root}.");
            }

            samples.Add(SoakSample.Take(_server?.ProcessId ?? Environment.ProcessId, _folders.Store));
        }

        over.Cancel();
        threads.ForEach(thread => thread.Join());
        return samples;
    }

    private void Run(SoakWorker worker, CancellationToken isOver)
    {
        try
        {
            worker.Run(isOver);
        }
        catch (Exception e)
        {
            _failure ??= e;
        }
    }
}
