using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Kvs.Bench.Measures;

namespace Kvs.Bench.Workloads;

/// <summary>Runs one part on threads of its own.</summary>
/// <param name="part">What the part is.</param>
/// <param name="servers">How many servers the workers talk to; a store in this process is one.</param>
/// <param name="createWorker">Makes the worker of a thread, on that thread.</param>
/// <param name="clock">Says when it ends.</param>
internal sealed class PartRun(PartSettings part, int servers, Func<int, IPartWorker> createWorker, RunClock clock)
{
    private readonly IPartWorker?[] _workers = new IPartWorker?[part.Threads];
    private readonly Timeline _timeline = new();
    private Exception? _failure;

    /// <summary>Told now and then how many operations there were.</summary>
    internal Action<long>? OnSample { get; init; }

    /// <summary>Runs it to its end; throws what a thread met.</summary>
    internal PartResult Run()
    {
        using var ready = new CountdownEvent(part.Threads);
        using var start = new ManualResetEventSlim();
        using var ended = new CountdownEvent(part.Threads);
        for (int i = 0; i < part.Threads; i++)
        {
            int number = i;
            new Thread(() => RunThread(number, ready, start, ended)) { IsBackground = true }.Start();
        }

        ready.Wait();
        TimeSpan duration = part.Mix == Mix.Load ? Timeout.InfiniteTimeSpan : part.Duration;
        long allocatedBytes = ResourceUsage.AllocatedBytes;
        long cpuNs = ResourceUsage.CpuNs;
        clock.Start(duration);
        if (_failure is null)
        {
            Sample();
        }

        start.Set();
        Await(ended, Timeline.IntervalFor(duration));
        double seconds = Stopwatch.GetElapsedTime(clock.Begin).TotalSeconds;
        cpuNs = ResourceUsage.CpuNs - cpuNs;
        allocatedBytes = ResourceUsage.AllocatedBytes - allocatedBytes;
        if (_failure is not null)
        {
            ExceptionDispatchInfo.Throw(_failure);
        }

        return Collect(seconds, cpuNs, allocatedBytes);
    }

    private void RunThread(int number, CountdownEvent ready, ManualResetEventSlim start, CountdownEvent ended)
    {
        bool isReady = false;
        try
        {
            using IPartWorker worker = createWorker(number);
            _workers[number] = worker;
            isReady = true;
            ready.Signal();
            start.Wait();
            worker.Run(clock);
        }
        catch (Exception e)
        {
            Interlocked.CompareExchange(ref _failure, e, null);
            clock.Stop();
            if (!isReady)
            {
                ready.Signal();
            }
        }
        finally
        {
            ended.Signal();
        }
    }

    // The last stretch is sampled only where it is about as long as the others: a short one would say little.
    private void Await(CountdownEvent ended, TimeSpan interval)
    {
        long next = clock.Begin;
        bool hasEnded = false;
        while (!hasEnded)
        {
            next += (long)(interval.TotalSeconds * Stopwatch.Frequency);
            TimeSpan remaining = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), next);
            hasEnded = ended.Wait(remaining < TimeSpan.Zero ? TimeSpan.Zero : remaining);
            remaining = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), next);
            if (_failure is null && (!hasEnded || remaining < interval / 2))
            {
                Sample();
            }
        }
    }

    private void Sample()
    {
        long moment = Stopwatch.GetTimestamp();
        long[] counts = new long[servers];
        for (int server = 0; server < servers; server++)
        {
            foreach (IPartWorker? worker in _workers)
            {
                counts[server] += worker!.OperationsAt(server);
            }
        }

        _timeline.Add(moment, counts);
        OnSample?.Invoke(counts.Sum());
    }

    private PartResult Collect(double seconds, long cpuNs, long allocatedBytes)
    {
        IPartWorker[] workers = _workers!;
        var gets = new LatencyHistogram();
        var sets = new LatencyHistogram();
        var all = new LatencyHistogram();
        foreach (IPartWorker worker in workers)
        {
            gets.Add(worker.Gets);
            sets.Add(worker.Sets);
            all.Add(worker.Both);
        }

        all.Add(gets);
        all.Add(sets);
        return new PartResult
        {
            Operations = workers.Sum(worker => Enumerable.Range(0, servers).Sum(worker.OperationsAt)),
            ValueBytes = workers.Sum(worker => worker.ValueBytes),
            NotBegun = workers.Sum(worker => worker.NotBegun),
            Errors = workers.Sum(worker => worker.Errors),
            FirstError = workers.Select(worker => worker.FirstError).FirstOrDefault(error => error != null),
            Seconds = seconds,
            Timeline = _timeline,
            Latency = LatencyUs.Of(all),
            GetLatency = LatencyUs.Of(gets),
            SetLatency = LatencyUs.Of(sets),
            CpuNs = cpuNs,
            AllocatedBytes = allocatedBytes,
        };
    }
}
