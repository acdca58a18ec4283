using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Kvs.Text;

namespace Kvs;

/// <summary>
/// What every engine can do for strings and for values of any type, on top of bytes. Strings are UTF-8; one that has
/// no UTF-8 form (half of a surrogate pair) is an <see cref="ArgumentException"/>, and bytes that are not UTF-8 are
/// one when read as a string. Limits and errors are those of <see cref="IKvsEngine"/>.
/// </summary>
public static class KvsEngineExtensions
{
    /// <summary>Stores a string under a string.</summary>
    public static void Set(this IKvsEngine engine, string key, string value)
    {
        using var valueText = new Utf8Text(value, stackalloc byte[Utf8Text.StackBytes]);
        engine.Set(key, valueText.Bytes);
    }

    /// <summary>Stores bytes under a string.</summary>
    public static void Set(this IKvsEngine engine, string key, ReadOnlySpan<byte> value)
    {
        using var keyText = new Utf8Text(key, stackalloc byte[Utf8Text.StackBytes]);
        engine.Set(keyText.Bytes, value);
    }

    /// <summary>Serializes a value and stores it. Where that fails, nothing is written.</summary>
    public static void Set<T>(this IKvsEngine engine, string key, T value, IKvsSerializer<T> serializer)
    {
        using var keyText = new Utf8Text(key, stackalloc byte[Utf8Text.StackBytes]);
        engine.Set(keyText.Bytes, value, serializer);
    }

    /// <inheritdoc cref="Set{T}(IKvsEngine, string, T, IKvsSerializer{T})"/>
    public static void Set<T>(this IKvsEngine engine, ReadOnlySpan<byte> key, T value, IKvsSerializer<T> serializer)
    {
        var bytes = new ArrayBufferWriter<byte>();
        serializer.Serialize(value, bytes);
        engine.Set(key, bytes.WrittenSpan);
    }

    /// <summary>Serializes a value and stores it as the options say. Where that fails, nothing is written.</summary>
    public static WriteResult TrySet<T>(
        this IKvsEngine engine, string key, T value, IKvsSerializer<T> serializer, in WriteOptions options)
    {
        var bytes = new ArrayBufferWriter<byte>();
        serializer.Serialize(value, bytes);
        return engine.TrySet(key, bytes.WrittenSpan, options);
    }

    /// <summary>Stores strings under strings, as <see cref="IKvsEngine.SetMany"/> does.</summary>
    public static void SetMany(this IKvsEngine engine, IEnumerable<KeyValuePair<string, string>> entries,
        in WriteOptions options = default)
    {
        KvsEntry[] bytes =
            [.. entries.Select(entry => new KvsEntry(Utf8Text.Encode(entry.Key), Utf8Text.Encode(entry.Value)))];
        engine.SetMany(bytes, options);
    }

    /// <summary>Reads a value that must be there.</summary>
    /// <exception cref="KeyNotFoundException">The key is not there.</exception>
    public static byte[] Get(this IKvsEngine engine, ReadOnlySpan<byte> key) =>
        engine.TryGet(key, out byte[]? value)
            ? value
            : throw new KeyNotFoundException($"The key {ReadableBytes.Describe(key)} is not in the store.");

    /// <inheritdoc cref="Get(IKvsEngine, ReadOnlySpan{byte})"/>
    public static byte[] Get(this IKvsEngine engine, string key)
    {
        using var keyText = new Utf8Text(key, stackalloc byte[Utf8Text.StackBytes]);
        return engine.Get(keyText.Bytes);
    }

    /// <summary>Reads a value as a string; null when the key is not there.</summary>
    /// <exception cref="ArgumentException">The value is not UTF-8.</exception>
    public static string? GetString(this IKvsEngine engine, string key) =>
        engine.TryGet(key, out byte[]? value) ? Utf8Text.Decode(value) : null;

    /// <summary>Reads a value into a new array; false when the key is not there.</summary>
    public static bool TryGet(this IKvsEngine engine, string key, [NotNullWhen(true)] out byte[]? value)
    {
        using var keyText = new Utf8Text(key, stackalloc byte[Utf8Text.StackBytes]);
        return engine.TryGet(keyText.Bytes, out value);
    }

    /// <summary>Reads a value and makes the object of it again; false when the key is not there.</summary>
    public static bool TryGet<T>(
        this IKvsEngine engine, string key, IKvsSerializer<T> serializer, [MaybeNullWhen(false)] out T value)
    {
        using var keyText = new Utf8Text(key, stackalloc byte[Utf8Text.StackBytes]);
        return engine.TryGet(keyText.Bytes, serializer, out value);
    }

    /// <summary>Reads a value, makes the object of it again, and says its version and expiry; false when the key is
    /// not there.</summary>
    public static bool TryGet<T>(this IKvsEngine engine, string key, IKvsSerializer<T> serializer,
        [MaybeNullWhen(false)] out T value, out ValueInfo info)
    {
        bool isThere = engine.TryGet(key, out byte[]? bytes, out info);
        value = isThere ? serializer.Deserialize(bytes) : default;
        return isThere;
    }

    /// <inheritdoc cref="TryGet{T}(IKvsEngine, string, IKvsSerializer{T}, out T)"/>
    public static bool TryGet<T>(
        this IKvsEngine engine,
        ReadOnlySpan<byte> key,
        IKvsSerializer<T> serializer,
        [MaybeNullWhen(false)] out T value)
    {
        bool isThere = engine.TryGet(key, out byte[]? bytes);
        value = isThere ? serializer.Deserialize(bytes) : default;
        return isThere;
    }

    /// <summary>Whether a key is there.</summary>
    public static bool Contains(this IKvsEngine engine, ReadOnlySpan<byte> key) => engine.TryGet(key, [], out int _);

    /// <inheritdoc cref="Contains(IKvsEngine, ReadOnlySpan{byte})"/>
    public static bool Contains(this IKvsEngine engine, string key)
    {
        using var keyText = new Utf8Text(key, stackalloc byte[Utf8Text.StackBytes]);
        return engine.Contains(keyText.Bytes);
    }

    /// <summary>Removes a key; false when it was not there.</summary>
    public static bool Remove(this IKvsEngine engine, string key)
    {
        using var keyText = new Utf8Text(key, stackalloc byte[Utf8Text.StackBytes]);
        return engine.Remove(keyText.Bytes);
    }
}
