using BenchmarkDotNet.Attributes;
using Kvs.Files;
using Kvs.Index;
using Kvs.Log;

namespace Kvs.Benchmarks.Parts;

/// <summary>The two sums over bytes that every operation makes: the checksum of a record, the hash of a key.</summary>
public unsafe class ChecksumBenchmarks
{
    private NativeBlock? _memory;

    /// <summary>How many bytes there are.</summary>
    [Params(16, 128, 4096, 65_536)]
    public int Length { get; set; }

    /// <summary>Makes the bytes.</summary>
    [GlobalSetup]
    public void Setup() => _memory = new NativeBlock((nuint)Length);

    /// <summary>Frees them.</summary>
    [GlobalCleanup]
    public void Cleanup() => _memory?.Dispose();

    /// <summary>CRC-32C.</summary>
    [Benchmark]
    public uint Crc32C() => Checksum.Continue(uint.MaxValue, _memory!.Start, (nuint)Length);

    /// <summary>The hash of a key.</summary>
    [Benchmark]
    public ulong Hash() => KeyHash.Compute(new ReadOnlySpan<byte>(_memory!.Start, Length), seed: 0x1234567890ABCDEF);
}
