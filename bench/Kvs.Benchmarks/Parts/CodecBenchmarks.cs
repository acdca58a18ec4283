using System.Buffers;
using BenchmarkDotNet.Attributes;
using Kvs.Protocol.Binary;

namespace Kvs.Benchmarks.Parts;

/// <summary>The binary protocol, from bytes to requests and back. Times are for one frame.</summary>
public class CodecBenchmarks
{
    private const int Frames = 100;
    private const uint MaxBodyBytes = 1024 * 1024;

    private readonly byte[] _key = new byte[16];
    private readonly byte[] _value = new byte[100];
    private readonly ArrayBufferWriter<byte> _output = new(initialCapacity: 64 * 1024);
    private byte[] _sets = [];
    private byte[] _values = [];

    /// <summary>Encodes what is decoded.</summary>
    [GlobalSetup]
    public void Setup()
    {
        EncodeSets();
        _sets = _output.WrittenSpan.ToArray();
        EncodeValues();
        _values = _output.WrittenSpan.ToArray();
    }

    /// <summary>Sets, as a client writes them.</summary>
    [Benchmark(OperationsPerInvoke = Frames)]
    public int EncodeSets()
    {
        _output.ResetWrittenCount();
        for (uint id = 1; id <= Frames; id++)
        {
            RequestWriter.WriteSetBeforeValue(_output, id, _key, _value.Length);
            _output.Write(_value);
        }

        return _output.WrittenCount;
    }

    /// <summary>Sets, as a server reads them.</summary>
    [Benchmark(OperationsPerInvoke = Frames)]
    public int DecodeSets()
    {
        using var decoder = new FrameDecoder(BinaryProtocol.RequestMagic, MaxBodyBytes);
        var input = new ReadOnlySequence<byte>(_sets);
        int valueBytes = 0;
        while (decoder.TryDecode(ref input, out Frame frame) == DecodeResult.Frame)
        {
            RequestReader.TryReadSet(frame.Body, out _, out ReadOnlySpan<byte> value);
            valueBytes += value.Length;
        }

        return valueBytes == Frames * _value.Length ? valueBytes : throw new InvalidOperationException("Sets are lost.");
    }

    /// <summary>Values, as a server writes them.</summary>
    [Benchmark(OperationsPerInvoke = Frames)]
    public int EncodeValues()
    {
        _output.ResetWrittenCount();
        for (uint id = 1; id <= Frames; id++)
        {
            Span<byte> frame = _output.GetSpan(BinaryProtocol.HeaderBytes + _value.Length);
            ReplyWriter.WriteValueHeader(frame, id, _value.Length);
            _value.CopyTo(frame[BinaryProtocol.HeaderBytes..]);
            _output.Advance(BinaryProtocol.HeaderBytes + _value.Length);
        }

        return _output.WrittenCount;
    }

    /// <summary>Values, as a client reads them.</summary>
    [Benchmark(OperationsPerInvoke = Frames)]
    public int DecodeValues()
    {
        using var decoder = new FrameDecoder(BinaryProtocol.ReplyMagic, MaxBodyBytes);
        var input = new ReadOnlySequence<byte>(_values);
        int valueBytes = 0;
        while (decoder.TryDecode(ref input, out Frame frame) == DecodeResult.Frame)
        {
            valueBytes += frame.Body.Length;
        }

        return valueBytes == Frames * _value.Length ? valueBytes : throw new InvalidOperationException("Values are lost.");
    }
}
