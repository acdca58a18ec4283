using System.Diagnostics.CodeAnalysis;
using Kvs.Text;

namespace Kvs;

/// <summary>Reads of values with their versions, of many values, and of large ones.</summary>
public static class ReadExtensions
{
    /// <summary>Reads a value into a new array, and its version and expiry; false when the key is not there.</summary>
    public static bool TryGet(this IKvsEngine engine, ReadOnlySpan<byte> key,
        [NotNullWhen(true)] out byte[]? value, out ValueInfo info)
    {
        using ValueLease? lease = engine.TryLease(key);
        value = lease?.Value.ToArray();
        info = lease?.Info ?? default;
        return value is not null;
    }

    /// <inheritdoc cref="TryGet(IKvsEngine, ReadOnlySpan{byte}, out byte[], out ValueInfo)"/>
    public static bool TryGet(
        this IKvsEngine engine, string key, [NotNullWhen(true)] out byte[]? value, out ValueInfo info)
    {
        using var keyText = new Utf8Text(key, stackalloc byte[Utf8Text.StackBytes]);
        return engine.TryGet(keyText.Bytes, out value, out info);
    }

    /// <summary>Reads many values into new arrays, in the order of the keys; null for each key that is not there.
    /// </summary>
    public static byte[]?[] GetMany(this IKvsEngine engine, ReadOnlySpan<ReadOnlyMemory<byte>> keys)
    {
        var copies = new Copies(new byte[]?[keys.Length]);
        engine.GetMany(keys, ref copies);
        return copies.Values;
    }

    /// <inheritdoc cref="GetMany(IKvsEngine, ReadOnlySpan{ReadOnlyMemory{byte}})"/>
    public static byte[]?[] GetMany(this IKvsEngine engine, IReadOnlyList<string> keys)
    {
        var bytes = new ReadOnlyMemory<byte>[keys.Count];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = Utf8Text.Encode(keys[i]);
        }

        return engine.GetMany(bytes);
    }

    /// <summary>Leases a value where the store holds it; null when the key is not there.</summary>
    public static ValueLease? TryLease(this IKvsEngine engine, string key)
    {
        using var keyText = new Utf8Text(key, stackalloc byte[Utf8Text.StackBytes]);
        return engine.TryLease(keyText.Bytes);
    }

    /// <summary>Opens a value as a stream that reads it where the store holds it, without a copy of the whole; null
    /// when the key is not there. The bytes are those of this moment, whatever is written meanwhile.</summary>
    /// <returns>The stream: dispose it, for what its bytes take stays taken as long. It can seek, and is not
    /// thread-safe.</returns>
    public static Stream? OpenRead(this IKvsEngine engine, ReadOnlySpan<byte> key) =>
        engine.TryLease(key) is { } lease ? new LeaseStream(lease) : null;

    /// <inheritdoc cref="OpenRead(IKvsEngine, ReadOnlySpan{byte})"/>
    public static Stream? OpenRead(this IKvsEngine engine, string key)
    {
        using var keyText = new Utf8Text(key, stackalloc byte[Utf8Text.StackBytes]);
        return engine.OpenRead(keyText.Bytes);
    }

    private readonly struct Copies(byte[]?[] values) : IValueReceiver
    {
        internal byte[]?[] Values => values;

        public void Found(int index, ReadOnlySpan<byte> value, in ValueInfo info) => values[index] = value.ToArray();

        public void Missing(int index)
        {
        }
    }
}
