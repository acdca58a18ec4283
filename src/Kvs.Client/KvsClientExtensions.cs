using System.Diagnostics.CodeAnalysis;
using Kvs.Text;

namespace Kvs.Client;

/// <summary>
/// What a client can do for strings, on top of bytes. Strings are UTF-8; one that has no UTF-8 form (half of a
/// surrogate pair) is an <see cref="ArgumentException"/>, and bytes that are not UTF-8 are one when read as a string.
/// </summary>
public static class KvsClientExtensions
{
    /// <summary>Stores a string under a string.</summary>
    public static void Set(this KvsClient client, string key, string value)
    {
        using var keyText = new Utf8Text(key, stackalloc byte[Utf8Text.StackBytes]);
        using var valueText = new Utf8Text(value, stackalloc byte[Utf8Text.StackBytes]);
        client.Set(keyText.Bytes, valueText.Bytes);
    }

    /// <summary>Stores bytes under a string.</summary>
    public static void Set(this KvsClient client, string key, ReadOnlySpan<byte> value)
    {
        using var keyText = new Utf8Text(key, stackalloc byte[Utf8Text.StackBytes]);
        client.Set(keyText.Bytes, value);
    }

    /// <summary>Reads a value that must be there.</summary>
    /// <exception cref="KeyNotFoundException">The key is not there.</exception>
    public static byte[] Get(this KvsClient client, ReadOnlySpan<byte> key) =>
        client.TryGet(key, out byte[]? value)
            ? value
            : throw new KeyNotFoundException($"The key {ReadableBytes.Describe(key)} is not on the server.");

    /// <inheritdoc cref="Get(KvsClient, ReadOnlySpan{byte})"/>
    public static byte[] Get(this KvsClient client, string key)
    {
        using var keyText = new Utf8Text(key, stackalloc byte[Utf8Text.StackBytes]);
        return client.Get(keyText.Bytes);
    }

    /// <summary>Reads a value as a string; null when the key is not there.</summary>
    /// <exception cref="ArgumentException">The value is not UTF-8.</exception>
    public static string? GetString(this KvsClient client, string key) =>
        client.TryGet(key, out byte[]? value) ? Utf8Text.Decode(value) : null;

    /// <summary>Reads a value; false when the key is not there.</summary>
    public static bool TryGet(this KvsClient client, string key, [NotNullWhen(true)] out byte[]? value)
    {
        using var keyText = new Utf8Text(key, stackalloc byte[Utf8Text.StackBytes]);
        return client.TryGet(keyText.Bytes, out value);
    }

    /// <summary>Removes a key; false when it was not there.</summary>
    public static bool Remove(this KvsClient client, string key)
    {
        using var keyText = new Utf8Text(key, stackalloc byte[Utf8Text.StackBytes]);
        return client.Remove(keyText.Bytes);
    }
}
