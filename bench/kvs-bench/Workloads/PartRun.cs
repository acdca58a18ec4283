using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Kvs.Bench.Drivers;
using Kvs.Bench.Measures;

namespace Kvs.Bench.Workloads;

/// <summary>Runs one part on an open store, on threads of its own.</summary>
internal sealed class PartRun(IDriver driver, PartSettings part, RunClock clock)
{
    private readonly Worker?[] _workers = new Worker?[part.Threads];
    private Exception? _failure;

    /// <summary>Runs it to its end; throws what a thread met.</summary>
    internal PartResult Run()
    {
        using var ready = new CountdownEvent(part.Threads);
        using var start = new ManualResetEventSlim();
        Thread[] threads = [.. Enumerable.Range(0, part.Threads).Select(number =>
            new Thread(() => RunThread(number, ready, start)) { IsBackground = true })];
        Array.ForEach(threads, thread => thread.Start());
        ready.Wait();

        long allocatedBytes = ResourceUsage.AllocatedBytes;
        long cpuNs = ResourceUsage.CpuNs;
        long begin = clock.Start(part.Mix == Mix.Load ? Timeout.InfiniteTimeSpan : part.Duration);
        start.Set();
        Array.ForEach(threads, thread => thread.Join());
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        cpuNs = ResourceUsage.CpuNs - cpuNs;
        allocatedBytes = ResourceUsage.AllocatedBytes - allocatedBytes;
        if (_failure is not null)
        {
            ExceptionDispatchInfo.Throw(_failure);
        }

        return Collect(seconds, cpuNs, allocatedBytes);
    }

    private void RunThread(int number, CountdownEvent ready, ManualResetEventSlim start)
    {
        bool isReady = false;
        try
        {
            using IDriverSession session = driver.CreateSession();
            Worker worker = Worker.Create(part, number, session);
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
    }

    private PartResult Collect(double seconds, long cpuNs, long allocatedBytes)
    {
        var gets = new LatencyHistogram();
        var sets = new LatencyHistogram();
        foreach (Worker worker in _workers.OfType<Worker>())
        {
            gets.Add(worker.Gets);
            sets.Add(worker.Sets);
        }

        var all = new LatencyHistogram();
        all.Add(gets);
        all.Add(sets);
        return new PartResult
        {
            Operations = _workers.Sum(worker => worker!.Operations),
            Errors = _workers.Sum(worker => worker!.Checked.Errors),
            FirstError = _workers.Select(worker => worker!.Checked.FirstError).FirstOrDefault(error => error != null),
            Seconds = seconds,
            Latency = LatencyUs.Of(all),
            GetLatency = LatencyUs.Of(gets),
            SetLatency = LatencyUs.Of(sets),
            CpuNs = cpuNs,
            AllocatedBytes = allocatedBytes,
        };
    }
}
