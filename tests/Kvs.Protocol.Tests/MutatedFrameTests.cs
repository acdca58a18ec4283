using System.Buffers;
using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using Kvs.Protocol.Binary;
using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Protocol.Tests;

/// <summary>Bytes that nobody wrote: valid ones that were changed, and any. Whatever decoders and readers make of them,
/// they do so without an exception and within them.</summary>
public class MutatedFrameTests(ITestOutputHelper output)
{
    private const int StreamBytes = 400;

    /// <summary>So many cases of one seed.</summary>
    private const int Cases = 10_000;

    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(8);

    [Fact]
    public void No_mutated_bytes_crash_the_decoders_or_make_them_grow()
    {
        byte[] corpus = FrameCorpus.Build();
        int[] starts = [.. FrameCorpus.Starts(corpus).Where(start => start <= corpus.Length - StreamBytes)];
        RandomRounds.For(s_duration, output.WriteLine, random =>
        {
            for (int number = 0; number < Cases; number++)
            {
                // Mostly where a frame begins: elsewhere, hardly anything is one.
                int start = random.Next(8) == 0
                    ? random.Next(corpus.Length - StreamBytes)
                    : starts[random.Next(starts.Length)];
                byte[] bytes = corpus[start..(start + StreamBytes)];
                Mutate(bytes, random);
                bytes[0] = BinaryProtocol.RequestMagic;
                Decode(bytes, random);
            }

            return Cases;
        });
    }

    [Fact]
    public void No_mutated_body_crashes_a_reader()
    {
        byte[][] bodies = Bodies();
        RandomRounds.For(s_duration, output.WriteLine, random =>
        {
            for (int number = 0; number < Cases; number++)
            {
                byte[] body = [.. bodies[random.Next(bodies.Length)]];
                Mutate(body, random);
                ReadAsEverything(body);
            }

            return Cases;
        });
    }

    [Fact]
    public void No_random_body_crashes_a_reader() => RandomRounds.For(s_duration, output.WriteLine, random =>
    {
        for (int number = 0; number < Cases; number++)
        {
            byte[] body = new byte[random.Next(64)];
            random.NextBytes(body);
            Mutate(body, random);
            ReadAsEverything(body);
        }

        return Cases;
    });

    /// <summary>Short bodies of requests and replies of all kinds.</summary>
    private static byte[][] Bodies()
    {
        const int Lists = 50;
        const int Size = 20;
        const int MostBytes = 300;
        var seed = new Rnd(20_260_101);
        Message[][] lists =
        [
            .. Generators.Requests.Generator.Sample(Lists, seed, Size),
            .. Generators.Replies.Generator.Sample(Lists, seed, Size),
        ];
        var bodies = new List<byte[]>();
        foreach (Message message in lists.SelectMany(messages => messages))
        {
            var written = new ArrayBufferWriter<byte>();
            message.Write(written, 1);
            bodies.Add(written.WrittenSpan[BinaryProtocol.HeaderBytes..].ToArray());
        }

        return [.. bodies.Where(body => body.Length <= MostBytes)];
    }

    private static void Decode(byte[] bytes, Random random)
    {
        using var decoder = new FrameDecoder(BinaryProtocol.RequestMagic, FrameCorpus.MaxBodyBytes);
        ReadOnlySequence<byte> input = Segments.Cut(bytes, 1 + random.Next(bytes.Length));
        int frames = 0;
        while (decoder.TryDecode(ref input, out Frame frame) == DecodeResult.Frame)
        {
            Assert.True(++frames <= bytes.Length / BinaryProtocol.HeaderBytes);
            ReadAsEverything(frame.Body.ToArray());
        }

        Assert.True(decoder.GatheredCapacityBytes <= 1024);
    }

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
            if (random.Next(4) == 0 && bytes.Length - at >= sizeof(uint))
            {
                // A length around where its bits end, or one that nearly fits.
                uint word = random.Next(3) switch
                {
                    0 => uint.MaxValue - (uint)random.Next(20),
                    1 => (uint)int.MaxValue + (uint)random.Next(4),
                    _ => (uint)(bytes.Length - random.Next(20)),
                };
                BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), word);
                continue;
            }

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
