using System.Buffers;
using Kvs.Protocol.Binary;

namespace Kvs.Protocol.Tests;

public class FrameDecoderTests
{
    private static readonly byte[] Corpus = FrameCorpus.Build();
    private static readonly List<string> Expected = DecodeWhole(new ReadOnlySequence<byte>(Corpus));

    [Fact]
    public void The_corpus_decodes_to_as_many_frames_as_it_has() => Assert.Equal(FrameCorpus.Frames, Expected.Count);

    [Fact]
    public void Frames_cut_at_every_byte_decode_as_if_they_had_come_whole()
    {
        for (int cut = 0; cut <= Corpus.Length; cut++)
        {
            using FrameDecoder decoder = NewDecoder();
            var frames = new List<string>(FrameCorpus.Frames);
            ReadOnlySequence<byte> rest = Drain(decoder, new ReadOnlySequence<byte>(Corpus, 0, cut), frames);

            // As a pipe does it: what was not consumed comes again, in front of what is new.
            Drain(decoder, Segments.Of(rest.ToArray(), Corpus[cut..]), frames);
            Assert.Equal(Expected, frames);
        }
    }

    [Fact]
    public void Frames_that_arrive_byte_by_byte_decode_as_if_they_had_come_whole()
    {
        using FrameDecoder decoder = NewDecoder();
        var frames = new List<string>();
        byte[] waiting = [];
        foreach (byte next in Corpus)
        {
            waiting = Drain(decoder, new ReadOnlySequence<byte>([.. waiting, next]), frames).ToArray();
            Assert.True(waiting.Length < BinaryProtocol.HeaderBytes);
        }

        Assert.Equal(Expected, frames);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(11)]
    [InlineData(64)]
    [InlineData(4096)]
    public void Frames_that_lie_in_many_pieces_decode_as_if_they_lay_in_one(int pieceBytes) =>
        Assert.Equal(Expected, DecodeWhole(Segments.Cut(Corpus, pieceBytes)));

    [Theory]
    [InlineData(0x80000000)]
    [InlineData(0xFFFFFFFF)]
    [InlineData(FrameCorpus.MaxBodyBytes + 1)]
    public void A_length_beyond_the_limit_is_refused_and_nothing_allocated(uint announcedBytes)
    {
        byte[] header = Header(announcedBytes);
        using FrameDecoder decoder = NewDecoder();
        long before = GC.GetAllocatedBytesForCurrentThread();
        var input = new ReadOnlySequence<byte>(header);
        DecodeResult result = decoder.TryDecode(ref input, out _);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(DecodeResult.TooLong, result);
        Assert.Equal(announcedBytes, decoder.Header.BodyBytes);
        Assert.Equal(0, decoder.GatheredCapacityBytes);
        Assert.True(allocated < 4096, $"{allocated} bytes were allocated");
    }

    [Fact]
    public void A_frame_that_announces_much_and_brings_little_costs_little()
    {
        using var decoder = new FrameDecoder(BinaryProtocol.RequestMagic, uint.MaxValue);
        byte[] start = [.. Header(0x7000_0000), .. new byte[100]];
        var input = new ReadOnlySequence<byte>(start);
        Assert.Equal(DecodeResult.NeedsMore, decoder.TryDecode(ref input, out _));
        Assert.True(input.IsEmpty);
        Assert.Equal(100, decoder.GatheredBytes);
        Assert.InRange(decoder.GatheredCapacityBytes, 100, 1024);
    }

    [Fact]
    public void What_was_gathered_is_given_back_when_the_decoder_goes_on()
    {
        using FrameDecoder decoder = NewDecoder();
        var frames = new List<string>();
        Drain(decoder, Segments.Cut(Corpus, 100), frames);
        Assert.Equal(0, decoder.GatheredCapacityBytes);
    }

    [Fact]
    public void A_long_frame_that_arrives_slowly_is_copied_a_bounded_number_of_times()
    {
        const int bodyBytes = 64 * 1024 * 1024;
        using var decoder = new FrameDecoder(BinaryProtocol.RequestMagic, bodyBytes);
        byte[] piece = new byte[4096];
        var header = new ReadOnlySequence<byte>(Header(bodyBytes));
        Assert.Equal(DecodeResult.NeedsMore, decoder.TryDecode(ref header, out _));
        for (int sent = piece.Length; sent <= bodyBytes; sent += piece.Length)
        {
            var input = new ReadOnlySequence<byte>(piece);
            DecodeResult result = decoder.TryDecode(ref input, out Frame frame);
            Assert.True(input.IsEmpty);
            Assert.Equal(sent == bodyBytes, result == DecodeResult.Frame);
            Assert.Equal(sent == bodyBytes ? bodyBytes : 0, frame.Body.Length);
        }
    }

    [Theory]
    [InlineData((byte)'P')]
    [InlineData((byte)'*')]
    [InlineData((byte)0x16)]
    [InlineData(BinaryProtocol.ReplyMagic)]
    public void Another_first_byte_is_refused_before_anything_follows_it(byte first)
    {
        using FrameDecoder decoder = NewDecoder();
        var input = new ReadOnlySequence<byte>([first]);
        Assert.Equal(DecodeResult.BadMagic, decoder.TryDecode(ref input, out _));
    }

    private static FrameDecoder NewDecoder() => new(BinaryProtocol.RequestMagic, FrameCorpus.MaxBodyBytes);

    private static byte[] Header(uint bodyBytes)
    {
        byte[] header = new byte[BinaryProtocol.HeaderBytes];
        new FrameHeader((byte)Operation.Get, 0, 1, bodyBytes).Write(header, BinaryProtocol.RequestMagic);
        return header;
    }

    private static List<string> DecodeWhole(ReadOnlySequence<byte> input)
    {
        using FrameDecoder decoder = NewDecoder();
        var frames = new List<string>();
        Assert.True(Drain(decoder, input, frames).IsEmpty);
        return frames;
    }

    private static ReadOnlySequence<byte> Drain(
        FrameDecoder decoder, ReadOnlySequence<byte> input, List<string> frames)
    {
        DecodeResult result;
        while ((result = decoder.TryDecode(ref input, out Frame frame)) == DecodeResult.Frame)
        {
            frames.Add(FrameCorpus.Describe(frame));
        }

        Assert.Equal(DecodeResult.NeedsMore, result);
        return input;
    }
}
