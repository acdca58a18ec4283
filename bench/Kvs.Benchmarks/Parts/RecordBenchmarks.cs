using BenchmarkDotNet.Attributes;
using Kvs.Files;
using Kvs.Log;

namespace Kvs.Benchmarks.Parts;

/// <summary>A record of the log: what a set does to its room, and a get before it believes what it found.</summary>
public unsafe class RecordBenchmarks
{
    private const uint Salt = 0x12345678;
    private const uint Offset = 4096;

    private readonly byte[] _key = new byte[16];
    private byte[] _value = [];
    private NativeBlock? _memory;
    private byte* _frame;
    private uint _length;

    /// <summary>The length of the value; the key has 16 bytes.</summary>
    [Params(100, 1000, 10_000)]
    public int ValueBytes { get; set; }

    /// <summary>Makes room, and a record.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _value = new byte[ValueBytes];
        _length = (uint)Frame.RecordBytes(_key.Length, _value.Length);
        _memory = new NativeBlock(_length);
        _frame = _memory.Start;
        Write();
    }

    /// <summary>Frees the room.</summary>
    [GlobalCleanup]
    public void Cleanup() => _memory?.Dispose();

    /// <summary>Writes a record, checksum included.</summary>
    [Benchmark]
    public void Write()
    {
        Frame.Begin(_frame, _length);
        Frame.WriteRecord(_frame, _length, FrameKind.Put, epoch: 7, sequence: 8, _key, _value, expiry: 0);
        Frame.Finish(_frame, _length, _length, Salt, Offset);
    }

    /// <summary>Verifies a record.</summary>
    [Benchmark]
    public bool Verify() => Frame.IsSound(_frame, Frame.ReadWord(_frame), _length, Salt, Offset);
}
