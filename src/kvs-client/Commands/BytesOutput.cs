namespace Kvs.ClientProgram.Commands;

/// <summary>The standard output for bytes that need not be text.</summary>
internal sealed class BytesOutput : IDisposable
{
    private readonly BufferedStream _stream = new(Console.OpenStandardOutput(), 64 * 1024);

    /// <summary><see cref="Texts.KeyNotFound"/> as bytes.</summary>
    public static byte[] KeyNotFound { get; } = System.Text.Encoding.UTF8.GetBytes(Texts.KeyNotFound);

    /// <summary><see cref="Texts.KeyNotRead"/> as bytes.</summary>
    public static byte[] KeyNotRead { get; } = System.Text.Encoding.UTF8.GetBytes(Texts.KeyNotRead);

    /// <summary>Writes bytes and a newline.</summary>
    public void WriteLine(ReadOnlySpan<byte> line)
    {
        _stream.Write(line);
        _stream.WriteByte((byte)'\n');
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();
}
