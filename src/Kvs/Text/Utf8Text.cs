using System.Buffers;
using System.Text;

namespace Kvs.Text;

/// <summary>A string's UTF-8 bytes for the time of one call, on the stack where they are few.</summary>
internal ref struct Utf8Text
{
    /// <summary>Room for the bytes of most keys, small enough for any stack.</summary>
    internal const int StackBytes = 256;

    private static readonly UTF8Encoding Strict =
        new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private byte[]? _rented;

    /// <exception cref="ArgumentException">The string has half of a surrogate pair: replacing it would make
    /// different keys the same.</exception>
    internal Utf8Text(string text, Span<byte> stack)
    {
        ArgumentNullException.ThrowIfNull(text);
        Span<byte> room = stack;
        if (Strict.GetMaxByteCount(text.Length) > stack.Length)
        {
            room = _rented = ArrayPool<byte>.Shared.Rent(Strict.GetByteCount(text));
        }

        Bytes = room[..Strict.GetBytes(text, room)];
    }

    internal ReadOnlySpan<byte> Bytes { get; }

    /// <summary>A string's bytes in an array of their own, where they outlive the call.</summary>
    /// <exception cref="ArgumentException">The string has half of a surrogate pair.</exception>
    internal static byte[] Encode(string text) => Strict.GetBytes(text);

    /// <exception cref="ArgumentException">The bytes are not UTF-8.</exception>
    internal static string Decode(ReadOnlySpan<byte> bytes) => Strict.GetString(bytes);

    public void Dispose()
    {
        byte[]? rented = _rented;
        _rented = null;
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
