using System.Buffers.Binary;
using BenchmarkDotNet.Attributes;

namespace Kvs.Benchmarks.Parts;

/// <summary>Looking keys up at random: what waits for memory most. Times are for one key.</summary>
public class IndexBenchmarks
{
    private const int KeysTogether = 128;
    private const int KeyBytes = 16;
    private const int ValueBytes = 100;

    private readonly ReadOnlyMemory<byte>[] _keys = new ReadOnlyMemory<byte>[KeysTogether];
    private readonly ReadOnlyMemory<byte>[] _strangers = new ReadOnlyMemory<byte>[KeysTogether];
    private readonly Random _random = new(1);
    private string _folder = "";
    private KvStore? _store;

    /// <summary>How many keys there are.</summary>
    [Params(10_000, 1_000_000)]
    public int Keys { get; set; }

    /// <summary>Fills a store.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _folder = Directory.CreateTempSubdirectory("kvs-benchmarks-").FullName;
        _store = KvStore.Open(Path.Combine(_folder, "store"), new KvStoreOptions { Durability = Durability.Process });
        byte[] value = new byte[ValueBytes];
        for (int i = 0; i < Keys; i++)
        {
            _store.Set(Key(i), value);
        }
    }

    /// <summary>Removes it.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        _store?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Draws other keys, which the processor has not at hand.</summary>
    [IterationSetup]
    public void Draw()
    {
        for (int i = 0; i < KeysTogether; i++)
        {
            _keys[i] = Key(_random.Next(Keys));
            _strangers[i] = Key(Keys + _random.Next(Keys));
        }
    }

    /// <summary>Finds keys one after the other; each record is verified, and no value copied.</summary>
    [Benchmark(OperationsPerInvoke = KeysTogether)]
    public int Find()
    {
        int found = 0;
        foreach (ReadOnlyMemory<byte> key in _keys)
        {
            found += _store!.TryRead(key.Span, [], out _) ? 1 : 0;
        }

        return found == KeysTogether ? found : throw new InvalidOperationException("A key is missing.");
    }

    /// <summary>Looks for keys that are not there.</summary>
    [Benchmark(OperationsPerInvoke = KeysTogether)]
    public int Miss()
    {
        int found = 0;
        foreach (ReadOnlyMemory<byte> key in _strangers)
        {
            found += _store!.TryRead(key.Span, [], out _) ? 1 : 0;
        }

        return found == 0 ? found : throw new InvalidOperationException("A key is there.");
    }

    /// <summary>Finds keys all in one call.</summary>
    [Benchmark(OperationsPerInvoke = KeysTogether)]
    public int FindMany()
    {
        var counter = default(Counter);
        _store!.GetMany(_keys, ref counter);
        return counter.Found == KeysTogether
            ? counter.Found
            : throw new InvalidOperationException("A key is missing.");
    }

    private static byte[] Key(int number)
    {
        byte[] key = new byte[KeyBytes];
        BinaryPrimitives.WriteInt32LittleEndian(key, number);
        return key;
    }

    private struct Counter : IValueReceiver
    {
        internal int Found;

        void IValueReceiver.Found(int index, ReadOnlySpan<byte> value, in ValueInfo info) => Found++;

        public readonly void Missing(int index)
        {
        }
    }
}
