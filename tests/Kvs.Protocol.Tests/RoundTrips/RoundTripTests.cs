using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using Kvs.Protocol.Binary;
using Kvs.Protocol.Resp;
using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Protocol.Tests;

/// <summary>What is written is what is read, whatever it is and wherever it is cut on its way.</summary>
public class RoundTripTests(ITestOutputHelper output)
{
    private const int MostMessages = 30;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(4);

    private static readonly RespLimits RespLimits = RespLimits.Of(Limits.Default, isAuthenticated: true);

    [Fact]
    public void Any_requests_are_read_as_they_were_written() => Check(Prop.ForAll(
        Generators.Requests, Generators.Cuts,
        (messages, cuts) => AssertComeBack(BinaryProtocol.RequestMagic, messages, cuts)));

    [Fact]
    public void Any_replies_are_read_as_they_were_written() => Check(Prop.ForAll(
        Generators.Replies, Generators.Cuts,
        (messages, cuts) => AssertComeBack(BinaryProtocol.ReplyMagic, messages, cuts)));

    [Fact]
    public void Any_commands_of_redis_are_read_as_they_were_written() => Check(Prop.ForAll(
        RespGenerators.Commands, Generators.Cuts, AssertComeBack));

    [Fact]
    public void Any_replies_to_redis_clients_are_read_as_they_were_written() => Check(Prop.ForAll(
        RespGenerators.Replies, Gen.Elements(2, 3).ToArbitrary(), AssertComesBack));

    private void Check(Property property) => PropertyCheck.For(property, Duration, MostMessages, output.WriteLine);

    private static void AssertComeBack(byte magic, Message[] messages, int[] cuts)
    {
        var written = new ArrayBufferWriter<byte>();
        for (int i = 0; i < messages.Length; i++)
        {
            messages[i].Write(written, IdOf(i));
        }

        using var decoder = new FrameDecoder(magic, FrameCorpus.MaxBodyBytes);
        int read = 0;
        AssertAllConsumed(written, cuts, left =>
        {
            while (decoder.TryDecode(ref left, out Frame frame) == DecodeResult.Frame)
            {
                Assert.Equal(IdOf(read), frame.Header.RequestId);
                Assert.Equal(messages[read], messages[read].Read(frame));
                read++;
            }

            return left;
        });
        Assert.Equal(messages.Length, read);
        Assert.False(decoder.InBody);

        // Of all bits.
        static uint IdOf(int message) => uint.MaxValue - (uint)message;
    }

    private static void AssertComeBack(RespCommand[] commands, int[] cuts)
    {
        var written = new ArrayBufferWriter<byte>();
        foreach (RespCommand command in commands)
        {
            command.Write(written);
        }

        RespCommand[] expected = [.. commands.Where(command => command.Arguments.Count > 0)];
        using var decoder = new RespDecoder(RespLimits);
        var batch = new RequestBatch();
        int read = 0;
        AssertAllConsumed(written, cuts, left =>
        {
            while (decoder.Decode(ref left, batch, RequestBatch.MaxRequests, out ReadOnlySpan<byte> bytes) ==
                RespDecodeResult.Requests)
            {
                // The last of several is left, and comes again.
                int executed = Math.Max(1, batch.Count - 1);
                for (int i = 0; i < executed; i++)
                {
                    Assert.Equal(expected[read++], RespCommand.Of(batch.Get(i, bytes)));
                }

                left = left.Slice(batch.ConsumedBy(executed - 1));
            }

            return left;
        });
        Assert.Equal(expected.Length, read);
        Assert.Equal(0, decoder.GatheredBytes);
    }

    private static void AssertComesBack(RespReply reply, int version)
    {
        var written = new ArrayBufferWriter<byte>();
        reply.Write(new RespWriter(written) { Version = version });
        ReadOnlySpan<byte> rest = written.WrittenSpan;
        Assert.Equal(reply.In(version), RespReply.Read(ref rest));
        Assert.True(rest.IsEmpty);
    }

    /// <summary>Hands out pieces as a connection does: what was left of the last, and behind it the next. In the end
    /// nothing is left.</summary>
    private static void AssertAllConsumed(
        ArrayBufferWriter<byte> written, int[] cuts, Func<ReadOnlySequence<byte>, ReadOnlySequence<byte>> consume)
    {
        byte[] bytes = written.WrittenSpan.ToArray();
        byte[] left = [];
        int start = 0;
        foreach (int end in cuts.Select(cut => cut % (bytes.Length + 1)).Append(bytes.Length).Order())
        {
            left = consume(Segments.Of(left, bytes[start..end])).ToArray();
            start = end;
        }

        Assert.Empty(left);
    }
}
