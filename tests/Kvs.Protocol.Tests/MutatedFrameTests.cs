using System.Buffers;
using Kvs.Protocol.Binary;
using Xunit.Abstractions;

namespace Kvs.Protocol.Tests;

public class MutatedFrameTests(ITestOutputHelper log)
{
    private const int Rounds = 200_000;

    [Fact]
    public void No_mutated_bytes_crash_the_decoders_or_make_them_grow()
    {
        int seed = Environment.TickCount;
        log.WriteLine($"seed {seed}");
        var random = new Random(seed);
        byte[] corpus = FrameCorpus.Build();
        for (int round = 0; round < Rounds; round++)
        {
            int start = random.Next(corpus.Length - 200);
            byte[] bytes = corpus[start..(start + 200)];
            bytes[0] = BinaryProtocol.RequestMagic;
            Mutate(bytes, random);
            Decode(bytes, random, seed);
        }
    }

    [Fact]
    public void No_random_body_crashes_a_reader()
    {
        int seed = Environment.TickCount;
        log.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int round = 0; round < Rounds * 10; round++)
        {
            byte[] body = new byte[random.Next(64)];
            random.NextBytes(body);
            Mutate(body, random);
            ReadAsEverything(body);
        }
    }

    private static void Decode(byte[] bytes, Random random, int seed)
    {
        using var decoder = new FrameDecoder(BinaryProtocol.RequestMagic, FrameCorpus.MaxBodyBytes);
        ReadOnlySequence<byte> input = Segments.Cut(bytes, 1 + random.Next(bytes.Length));
        int frames = 0;
        while (decoder.TryDecode(ref input, out Frame frame) == DecodeResult.Frame)
        {
            Assert.True(++frames <= bytes.Length / BinaryProtocol.HeaderBytes, $"seed {seed}");
            ReadAsEverything(frame.Body.ToArray());
        }

        Assert.True(decoder.GatheredCapacityBytes <= 1024, $"seed {seed}");
    }

    /// <summary>Whatever a reader makes of the bytes, it does so without an exception and within them.</summary>
    private static void ReadAsEverything(byte[] body)
    {
        RequestReader.TryReadHello(body, out _, out _, out _);
        RequestReader.TryReadIncrement(body, out _, out _);
        RequestReader.TryReadScan(body, out _, out _, out _, out _);
        if (RequestReader.TryReadSet(body, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value))
        {
            Assert.Equal(body.Length, 4 + key.Length + value.Length);
        }

        ReadAsBatch(body);
        ReplyReader.TryReadHello(body, out _);
        ReplyReader.ReadStats(body);
        ReplyReader.ReadMessage(body);
        if (ReplyReader.TryReadScan(body, out ScanPage page))
        {
            Assert.Equal(body.Length, 12 + page.Entries.Sum(entry => 8 + entry.Key.Length + entry.Value.Length));
        }
    }

    /// <summary>Whatever a batch says of itself, what is made of it lies one behind the other and within it.</summary>
    private static void ReadAsBatch(byte[] body)
    {
        int at = 0;
        int end = 0;
        while (BatchItem.TryRead(body, ref at, out BatchItem item))
        {
            Assert.Equal(end, item.Start);
            Assert.InRange(item.KeyStart, item.Start + BatchItem.HeadBytes, body.Length);
            Assert.Equal(item.KeyIn(body).Length + item.ValueIn(body).Length, item.End - item.KeyStart);
            end = at;
        }

        Assert.Equal(end, at);
        while (BatchItem.TryReadKey(body, ref at, out BatchItem item))
        {
            _ = item.KeyIn(body);
        }

        ReadOnlySpan<byte> results = body;
        while (BatchResult.TryRead(ref results, out BatchResult result))
        {
            Assert.InRange(result.Value.Length, 0, body.Length - BatchResult.HeadBytes);
        }

        var requests = new SingleRequest[4];
        int found = SingleRequest.FindAll(body, FrameCorpus.MaxBodyBytes, requests);
        foreach (SingleRequest request in requests.AsSpan(0, found))
        {
            _ = request.In(body).Body;
            _ = body.AsSpan(request.Key.Start, request.Key.Length);
        }
    }

    private static void Mutate(byte[] bytes, Random random)
    {
        for (int i = random.Next(8); i > 0 && bytes.Length > 0; i--)
        {
            int at = random.Next(bytes.Length);
            bytes[at] = random.Next(4) switch
            {
                0 => 0x00,
                1 => 0xFF,
                2 => (byte)(bytes[at] ^ (1 << random.Next(8))),
                _ => (byte)random.Next(256),
            };
        }
    }
}
