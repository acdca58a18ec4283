using System.Buffers;
using System.IO.Pipelines;
using Kvs.Memory;
using Kvs.Protocol.Binary;
using Kvs.Server.Connections;
using Kvs.Server.Sessions;
using Kvs.Server.Tests.Support;
using Kvs.Testing;
using Kvs.Threading;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Abstractions;

namespace Kvs.Server.Tests;

public class MutatedRequestTests(ITestOutputHelper log)
{
    /// <summary>So many streams of one seed.</summary>
    private const int Streams = 1000;

    private static readonly Limits SmallLimits = new() { MaxKeyBytes = 100, MaxValueBytes = 1000 };

    [Fact]
    public void No_mutated_request_crashes_a_session_and_every_reply_is_whole()
    {
        byte[] requests = BuildRequests();
        RandomRounds.For(TimeSpan.FromSeconds(10), log.WriteLine, random =>
        {
            using var engine = new MemoryEngine(SmallLimits);
            using IThreadPool pool = new InlineThreadPool();
            var context = new ServerContext(new KvsServerOptions(), engine, pool, NullLogger.Instance);
            for (int stream = 0; stream < Streams; stream++)
            {
                byte[] mutated = Mutate(requests, random);
                Serve(context, mutated, random.Next(mutated.Length));
            }

            Assert.True(engine.GetStatistics().Keys < Streams);
            return Streams;
        });
    }

    private static void Serve(ServerContext context, byte[] bytes, int cut)
    {
        using var session = new BinarySession(context);
        var output = new MemoryStream();
        var writer = PipeWriter.Create(output, new StreamPipeWriterOptions(leaveOpen: true));
        var replies = new ReplyBuffer(writer);
        var input = new ReadOnlySequence<byte>(bytes, 0, cut);
        SessionOutcome outcome = session.Process(ref input, replies);
        if (outcome == SessionOutcome.NeedsInput)
        {
            input = new ReadOnlySequence<byte>([.. input.ToArray(), .. bytes[cut..]]);
            outcome = session.Process(ref input, replies);
        }

        Assert.NotEqual(SessionOutcome.OutputFull, outcome);
        if (replies.HoldsReplies)
        {
            replies.Release();
        }

        // Into memory, so that nothing is waited for.
        Assert.True(replies.FlushAsync().AsTask().IsCompletedSuccessfully);
        writer.Complete();
        AssertWhole(new ReadOnlySequence<byte>(output.GetBuffer(), 0, (int)output.Length), outcome);
    }

    private static void AssertWhole(ReadOnlySequence<byte> replies, SessionOutcome outcome)
    {
        using var decoder = new FrameDecoder(BinaryProtocol.ReplyMagic, BinaryProtocol.MaxReplyBytes(SmallLimits));
        bool isLast = false;
        while (decoder.TryDecode(ref replies, out Frame reply) == DecodeResult.Frame)
        {
            Assert.False(isLast);
            isLast = reply.Header.Flags == (ushort)ReplyFlags.Last;
        }

        Assert.True(replies.IsEmpty && !decoder.InBody);
        Assert.Equal(outcome == SessionOutcome.Closing, isLast);
    }

    private static byte[] BuildRequests()
    {
        var output = new ArrayBufferWriter<byte>();
        RequestWriter.WriteHello(output, 1, 1, 1);
        output.Set(2, "key", "value"u8);
        output.Get(3, "key");
        RequestWriter.WriteScan(output, 4, 0, 10, 1000);
        RequestWriter.WriteRemove(output, 5, "key"u8);
        RequestWriter.WriteStats(output, 6);
        output.Ping(7);
        RequestWriter.WriteIncrement(output, 8, "n"u8, 1, new RequestFields(RequestFlags.Durability));
        var batch = new BatchRequest();
        batch.Set("key"u8, "value"u8, new RequestFields(RequestFlags.ExpiresIn | RequestFlags.SaysVersion, ExpiryMs: 9));
        batch.Get("key"u8);
        batch.Get("key"u8, saysVersion: true);
        batch.Remove("key"u8);
        output.Write(batch.ToFrame(9).Span);
        batch.Clear();
        batch.Set("a"u8, "1"u8);
        batch.Require("b"u8, 0);
        output.Write(batch.ToFrame(10, Operation.AtomicBatch).Span);
        output.Write(Convert.FromHexString("DB0900000C0000000A000000" + "010000006B" + "0100000078"));
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Mutate(byte[] original, Random random)
    {
        byte[] bytes = [.. original];
        for (int i = random.Next(6); i > 0; i--)
        {
            // Mostly behind the handshake, without which there is little to get wrong.
            int at = random.Next(8) == 0 ? random.Next(bytes.Length) : random.Next(16, bytes.Length);
            bytes[at] = random.Next(3) switch
            {
                0 => (byte)random.Next(256),
                1 => (byte)(bytes[at] ^ (1 << random.Next(8))),
                _ => (byte)random.Next(10),
            };
        }

        return random.Next(10) == 0 ? bytes[..random.Next(1, bytes.Length)] : bytes;
    }
}
