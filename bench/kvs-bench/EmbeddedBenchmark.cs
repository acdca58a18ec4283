using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;

namespace Kvs.Bench;

/// <summary>
/// Sets and gets on one engine, each phase once with one thread and once with all, in several rounds. Every get
/// checks what it gets; a missing key or a wrong value ends the run.
/// </summary>
internal sealed class EmbeddedBenchmark(EmbeddedSettings settings)
{
    private const int KeyBytes = 16;

    private readonly Dictionary<(string Phase, int Threads), List<double>> _rates = [];

    private double _indexBytesPerKey;

    private delegate void Operation(IKvsEngine engine, ReadOnlySpan<byte> key, Span<byte> value, int number);

    internal void Run(TextWriter output)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{settings.Engine}, {settings.Durability.ToString().ToLowerInvariant()}: {settings.Keys:N0} keys of " +
            $"{KeyBytes} bytes, values of {settings.ValueBytes} bytes, {settings.Partitions} partitions, " +
            $"{settings.Rounds} rounds; {Environment.ProcessorCount} processors"));
        int[] threads = settings.Threads == 1 ? [1] : [1, settings.Threads];
        for (int round = 0; round <= settings.Rounds; round++)
        {
            // The first round warms up: its figures are thrown away.
            RunRound(threads, isMeasured: round > 0);
        }

        Print(output, threads);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"index: {_indexBytesPerKey:F1} bytes a key"));
    }

    private void RunRound(int[] threads, bool isMeasured)
    {
        foreach (int count in threads)
        {
            string folder = Path.Combine(settings.Folder, "store");
            using (IKvsEngine engine = KvsEngines.Open(settings.Engine, folder, new KvStoreOptions
            {
                Durability = settings.Durability,
                Partitions = settings.Partitions,
            }))
            {
                Measure("set, new keys", engine, count, isRandom: false, isMeasured, Set);
                Measure("get", engine, count, isRandom: true, isMeasured, Get);
                Measure("set, overwriting", engine, count, isRandom: true, isMeasured, Set);
                EngineStatistics statistics = engine.GetStatistics();
                _indexBytesPerKey = (double)statistics.IndexBytes / statistics.Keys;
            }

            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private void Measure(string phase, IKvsEngine engine, int threads, bool isRandom, bool isMeasured,
        Operation operation)
    {
        using var start = new ManualResetEventSlim();
        Exception? failure = null;
        Thread[] all = [.. Enumerable.Range(0, threads).Select(thread => new Thread(() =>
        {
            try
            {
                start.Wait();
                RunThread(engine, thread, threads, isRandom, operation);
            }
            catch (Exception e)
            {
                failure = e;
            }
        }))];
        Array.ForEach(all, thread => thread.Start());
        long begin = Stopwatch.GetTimestamp();
        start.Set();
        Array.ForEach(all, thread => thread.Join());
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        if (failure is not null)
        {
            throw new InvalidOperationException($"The phase '{phase}' failed: {failure.Message}", failure);
        }

        if (isMeasured)
        {
            (string, int) series = (phase, threads);
            _rates.TryAdd(series, []);
            _rates[series].Add(settings.Keys / seconds);
        }
    }

    private void RunThread(IKvsEngine engine, int thread, int threads, bool isRandom, Operation operation)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        Span<byte> value = new byte[settings.ValueBytes];
        var random = new Random(thread);
        for (int i = thread; i < settings.Keys; i += threads)
        {
            int number = isRandom ? random.Next(settings.Keys) : i;
            BinaryPrimitives.WriteUInt64LittleEndian(key, (ulong)number * 0x9E3779B97F4A7C15);
            BinaryPrimitives.WriteInt64LittleEndian(key[sizeof(ulong)..], number);
            operation(engine, key, value, number);
        }
    }

    private static void Set(IKvsEngine engine, ReadOnlySpan<byte> key, Span<byte> value, int number)
    {
        if (value.Length >= sizeof(int))
        {
            BinaryPrimitives.WriteInt32LittleEndian(value, number);
        }

        engine.Set(key, value);
    }

    private static void Get(IKvsEngine engine, ReadOnlySpan<byte> key, Span<byte> value, int number)
    {
        bool isThere = engine.TryGet(key, value, out int length);
        if (!isThere || length != value.Length ||
            (length >= sizeof(int) && BinaryPrimitives.ReadInt32LittleEndian(value) != number))
        {
            throw new InvalidOperationException($"Key {number} is missing or has a wrong value.");
        }
    }

    private void Print(TextWriter output, int[] threads)
    {
        foreach (IGrouping<string, (string Phase, int Threads)> phase in _rates.Keys.GroupBy(series => series.Phase))
        {
            double one = Median(_rates[(phase.Key, 1)]);
            foreach (int count in threads)
            {
                List<double> rates = _rates[(phase.Key, count)];
                double median = Median(rates);
                string ratio = count == 1
                    ? ""
                    : string.Create(CultureInfo.InvariantCulture, $"  {median / one:F2} x one");
                output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{phase.Key,-18} {count,4} threads  {Rate(median),10}  " +
                    $"(from {Rate(rates.Min())} to {Rate(rates.Max())}){ratio}"));
            }
        }
    }

    private static string Rate(double perSecond) => perSecond >= 1e6
        ? string.Create(CultureInfo.InvariantCulture, $"{perSecond / 1e6:F2} M/s")
        : string.Create(CultureInfo.InvariantCulture, $"{perSecond / 1e3:F2} k/s");

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
