using System.Text;
using Kvs.ClientProgram.JsonLines;

namespace Kvs.Programs.Tests;

/// <summary>Lines are cut alike however the stream hands out its bytes.</summary>
public sealed class LineReaderTests
{
    [Theory]
    [InlineData("", new string[0])]
    [InlineData("\n", new[] { "" })]
    [InlineData("one", new[] { "one" })]
    [InlineData("one\ntwo\n", new[] { "one", "two" })]
    [InlineData("one\n\n\ntwo", new[] { "one", "", "", "two" })]
    [InlineData("12345678\n12345678\n1", new[] { "12345678", "12345678", "1" })]
    [InlineData("123456789\nnext\n", new[] { "too long", "next" })]
    [InlineData("a\n123456789", new[] { "a", "too long" })]
    [InlineData("123456789123456789123456789\n\nnext", new[] { "too long", "", "next" })]
    [InlineData("a\nbcdefgh\nijklmnopqrs\nt\n", new[] { "a", "bcdefgh", "too long", "t" })]
    public void Lines_are_cut_at_line_ends_and_too_long_ones_skipped(string text, string[] expected)
    {
        for (int pieceBytes = 1; pieceBytes <= text.Length + 1; pieceBytes++)
        {
            var reader = new LineReader(new PiecewiseStream(Encoding.UTF8.GetBytes(text), pieceBytes), 8);
            Assert.Equal(expected, ReadAll(reader));
            Assert.Equal(expected.Length, reader.LineNumber);
            Assert.Equal(text.Length, reader.BytesRead);
        }
    }

    [Fact]
    public void A_byte_order_mark_is_no_part_of_the_first_line()
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes("\uFEFFone\n\uFEFFtwo"));
        Assert.Equal(["one", "\uFEFFtwo"], ReadAll(new LineReader(stream)));
    }

    private static List<string> ReadAll(LineReader reader)
    {
        var lines = new List<string>();
        while (true)
        {
            try
            {
                if (!reader.TryRead(out ReadOnlyMemory<byte> line))
                {
                    return lines;
                }

                lines.Add(Encoding.UTF8.GetString(line.Span));
            }
            catch (BadLineException)
            {
                lines.Add("too long");
            }
        }
    }

    /// <summary>Hands out a few bytes at a time.</summary>
    private sealed class PiecewiseStream(byte[] bytes, int pieceBytes) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) =>
            base.Read(buffer, offset, Math.Min(count, pieceBytes));
    }
}
